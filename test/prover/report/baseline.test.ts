import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../src/base/clock.ts'
import { assess, failing, updateBaseline } from '../../../src/prover/report/assessment.ts'
import {
  accept,
  type Baseline,
  EMPTY_BASELINE,
  formatBaseline,
  parseBaseline,
} from '../../../src/prover/report/baseline.ts'
import { findingsOf } from '../../../src/prover/report/findings.ts'
import { formatTerminal } from '../../../src/prover/report/terminal.ts'
import { sampleRun } from './sample-run.ts'

const CLOCK = new ManualClock(Date.UTC(2026, 5, 1, 12))
const BROKEN = sampleRun()
const MENDED = sampleRun({})

const accepted = async (until = '2026-06-30'): Promise<Baseline> => {
  const findings = findingsOf((await BROKEN).run)
  return accept(EMPTY_BASELINE, findings, { id: findings[0]?.id ?? '', reason: 'a pilot', until }, CLOCK)
}
const statesOf = async (baseline: Baseline, sample = BROKEN, clock = CLOCK) =>
  assess((await sample).run, clock, baseline).findings.map(({ state }) => state)

describe('the states of a finding', () => {
  it('go from new to open to fixed, and back to new when it returns', async () => {
    const first = assess((await BROKEN).run, CLOCK)
    expect(first.findings.map(({ state, firstSeen }) => [state, firstSeen])).toEqual([['new', '2026-06-01']])
    const known = updateBaseline(EMPTY_BASELINE, first, CLOCK)

    const later = new ManualClock(Date.UTC(2026, 6, 1))
    const second = assess((await BROKEN).run, later, known)
    expect(second.findings.map(({ state, firstSeen }) => [state, firstSeen])).toEqual([['open', '2026-06-01']])
    expect(updateBaseline(known, second, later)).toEqual(known)

    const third = assess((await MENDED).run, later, known)
    expect(third.findings).toEqual([])
    expect(third.fixed.map(({ attack }) => attack)).toEqual(['note-read'])
    const mended = updateBaseline(known, third, later)
    expect(mended.findings.map(({ state }) => state)).toEqual(['fixed'])

    const fourth = assess((await BROKEN).run, later, mended)
    expect(fourth.findings).toMatchObject([{ state: 'new', note: 'it had been fixed and is back' }])
    expect(formatTerminal(fourth)).toContain('it had been fixed and is back')
  })

  it('are accepted until the end of a day, and open again after it', async () => {
    const baseline = await accepted('2026-06-30')
    expect(await statesOf(baseline, BROKEN, new ManualClock(Date.UTC(2026, 5, 30, 23, 59)))).toEqual(['accepted'])
    const late = new ManualClock(Date.UTC(2026, 6, 1))
    const assessment = assess((await BROKEN).run, late, baseline)
    expect(assessment.findings).toMatchObject([
      { state: 'open', note: 'its acceptance ran out on 2026-06-30 (a pilot)', acceptance: null },
    ])
    expect(failing(assessment, 'high')).toHaveLength(1)
    expect(formatTerminal(assessment)).toContain('its acceptance ran out on 2026-06-30')
  })

  it('are open where it is worse than what was accepted', async () => {
    const { version, findings } = await accepted()
    const milder = { version, findings: findings.map((each) => ({ ...each, severity: 'low' as const })) }
    expect(await statesOf(milder)).toEqual(['open'])
  })

  it('stay what they were when nothing was concluded', async () => {
    const { run } = await MENDED
    const known = updateBaseline(EMPTY_BASELINE, assess((await BROKEN).run, CLOCK), CLOCK)
    for (const outcome of ['inconclusive', 'not-tested'] as const) {
      let changed = 0
      const results = run.results.map((result) =>
        result.attack === 'note-read' && changed++ === 0 ? { ...result, outcome } : result,
      )
      const assessment = assess({ ...run, results }, CLOCK, known)
      expect(assessment.fixed, outcome).toEqual([])
      expect(
        assessment.unseen.map(({ attack }) => attack),
        outcome,
      ).toEqual(['note-read'])
      expect(updateBaseline(known, assessment, CLOCK), outcome).toEqual(known)
    }
    const without = assess({ ...run, results: [] }, CLOCK, known)
    expect(without.fixed).toEqual([])
    expect(without.unseen).toHaveLength(1)
  })
})

describe('what fails a run', () => {
  it('is not accepted and at least as severe as asked', async () => {
    const { run } = await BROKEN
    expect(failing(assess(run, CLOCK), 'critical')).toHaveLength(1)
    expect(failing(assess(run, CLOCK, await accepted()), 'info')).toEqual([])
    const results = run.results.map((result) => ({ ...result, severity: 'low' as const }))
    expect(failing(assess({ ...run, results }, CLOCK), 'medium')).toEqual([])
    expect(failing(assess({ ...run, results }, CLOCK), 'low')).toHaveLength(1)
  })
})

describe('accepting a finding', () => {
  it.each([
    ['an empty reason', { reason: '  ' }, 'needs a reason'],
    ['a day that has passed', { until: '2026-05-31' }, 'has passed'],
    ['a day that there is not', { until: '2026-02-30' }, 'is no date'],
    ['a time that is no day', { until: '2026-07-01T00:00:00Z' }, 'is no date'],
    ['an unknown id', { id: 'note-read-00000000' }, 'there is no finding'],
  ])('is refused for %s', async (_name, part, message) => {
    const findings = findingsOf((await BROKEN).run)
    const whole = { id: findings[0]?.id ?? '', reason: 'a pilot', until: '2026-06-30', ...part }
    expect(() => accept(EMPTY_BASELINE, findings, whole, CLOCK)).toThrow(RangeError)
    expect(() => accept(EMPTY_BASELINE, findings, whole, CLOCK)).toThrow(message)
  })

  it('counts today, and keeps when it was first seen', async () => {
    const baseline = await accepted('2026-06-01')
    expect(baseline.findings).toMatchObject([{ state: 'accepted', reason: 'a pilot', firstSeen: '2026-06-01' }])
    const id = baseline.findings[0]?.id ?? ''
    const later = new ManualClock(Date.UTC(2026, 7, 1))
    const again = accept(baseline, [], { id, reason: 'still', until: '2026-08-31' }, later)
    expect(again.findings).toMatchObject([{ reason: 'still', until: '2026-08-31', firstSeen: '2026-06-01' }])
  })
})

describe('the baseline file', () => {
  it('is read as it was written, sorted', async () => {
    const { version, findings } = await accepted()
    const two = { version, findings: [...findings, ...findings.map((each) => ({ ...each, id: 'a-first' }))] }
    const text = formatBaseline(two)
    expect(parseBaseline(text).findings.map(({ id }) => id)).toEqual(['a-first', findings[0]?.id])
    expect(formatBaseline(parseBaseline(text))).toBe(text)
  })

  it.each([
    ['no JSON', '{', 'no JSON'],
    ['an unknown key', '{"version":1,"findings":[],"more":1}', 'cannot be read'],
    ['another version', '{"version":2,"findings":[]}', 'cannot be read'],
  ])('is refused with %s', (_name, text, message) => {
    expect(() => parseBaseline(text)).toThrow(TypeError)
    expect(() => parseBaseline(text)).toThrow(message)
  })

  it('is refused with an acceptance without a reason or a date, and with one id twice', async () => {
    const [entry] = (await accepted()).findings
    for (const part of [{ reason: ' ' }, { until: undefined }, { until: 'never' }])
      expect(() => parseBaseline(JSON.stringify({ version: 1, findings: [{ ...entry, ...part }] }))).toThrow(TypeError)
    expect(() => parseBaseline(JSON.stringify({ version: 1, findings: [entry, entry] }))).toThrow('twice')
  })
})
