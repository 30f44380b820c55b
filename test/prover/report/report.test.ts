import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../src/base/clock.ts'
import { assess } from '../../../src/prover/report/assessment.ts'
import { findingsOf } from '../../../src/prover/report/findings.ts'
import { formatJson } from '../../../src/prover/report/json.ts'
import { formatTerminal } from '../../../src/prover/report/terminal.ts'
import { sampleRun } from './sample-run.ts'

const CLOCK = new ManualClock(Date.UTC(2026, 5, 1))
const SAMPLE = sampleRun()
const assessed = async () => assess((await SAMPLE).run, CLOCK)

describe('findings of a run', () => {
  it('fold who did it to whom, and are shown by two plain users', async () => {
    const [finding, ...others] = findingsOf((await SAMPLE).run)
    expect(others).toEqual([])
    expect(finding).toMatchObject({
      attack: { id: 'note-read' },
      severity: 'critical',
      operation: 'GET /notes/{noteId}',
      variant: null,
      why: 'bob is shown the note of alice',
    })
    expect(finding?.id).toMatch(/^note-read-[0-9a-f]{8}$/)
    expect(finding?.identities.length).toBe(3)
    expect(finding?.identities[0]).toEqual({ owner: 'alice', attacker: 'bob' })
    expect(finding?.evidence.map(({ as }) => as)).toEqual(['alice', 'bob'])
  })

  it('keep their ids when results come in another order', async () => {
    const { run } = await SAMPLE
    const turned = { ...run, results: [...run.results].reverse() }
    expect(findingsOf(turned)).toEqual(findingsOf(run))
  })

  it('are repeated by curl lines with placeholders, the telling request last', async () => {
    const [finding] = findingsOf((await SAMPLE).run)
    expect(finding?.curl).toHaveLength(2)
    expect(finding?.curl[1]).toMatch(
      /^curl -sS -i http:\/\/127\.0\.0\.1:\d+\/notes\/[\w-]+ -H 'Authorization: Bearer '"\$TOKEN_BOB"$/,
    )
  })
})

describe('the ten risks', () => {
  it('are held, broken, inconclusive or not tested, with what is behind it', async () => {
    const { risks } = await assessed()
    const states = Object.fromEntries(risks.map(({ risk, state }) => [risk, state]))
    expect(states).toMatchObject({ API1: 'broken', API2: 'held', API4: 'inconclusive', API7: 'not tested' })
    expect(risks).toHaveLength(10)
    expect(risks[1]?.cases.pass).toBeGreaterThan(0)
    expect(risks[1]?.requests).toBeGreaterThan(0)
    expect(risks[6]?.reasons[0]?.why).toBe('no attack of this risk was chosen')
  })

  it('are never called held because nothing was tried', async () => {
    const { run } = await SAMPLE
    for (const { risk, state, attacks } of assess({ ...run, results: [] }, CLOCK).risks) {
      expect(state, risk).toBe('not tested')
      expect(attacks.held, risk).toBe(0)
    }
  })
})

describe('the terminal report', () => {
  it('tells risks, findings by cause, what was not tested and why, and what it took', async () => {
    const text = formatTerminal(await assessed())
    for (const part of [
      '✗ API1   Broken object level authorization: broken by 1 attack',
      '✓ API2   Broken authentication: held against 1 attack',
      '– API7   Server side request forgery: not tested',
      '1 finding: 1 critical; 1 new',
      "critical  Another user reads somebody's note  API1, CWE-639, 1 place",
      'GET /notes/{noteId}  alice → bob',
      'bob is shown the note of alice',
      'fix Compare the owner of the note',
      '? the control was refused',
      '– needs a clock; add one',
      'the first finding after',
    ])
      expect(text).toContain(part)
    expect(text).toMatch(/\d+ requests in [\d.]+ s \(\d+ a second\)/)
    expect(text).not.toMatch(/proven|is safe|eyJ/)
  })

  it('paints by what it says', async () => {
    const text = formatTerminal(await assessed(), { paint: (kind, part) => `<${kind}>${part}</${kind}>` })
    expect(text).toContain('<error>✗ API1 </error>')
    expect(text).toContain('<held>✓ API2 </held>')
    expect(text).toContain('<dim>– API7 </dim>')
  })
})

describe('the JSON report', () => {
  const schema = JSON.parse(readFileSync('schema/prove-report.v1.schema.json', 'utf8'))
  const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true })
  ajv.addFormat('date-time', (text: string) => new Date(text).toISOString() === text)
  ajv.addFormat('date', /^\d{4}-\d{2}-\d{2}$/)

  it('follows its published schema', async () => {
    const report = JSON.parse(formatJson(await assessed()))
    const validate = ajv.compile(schema)
    expect(validate(report), JSON.stringify(validate.errors, null, 1)).toBe(true)
    expect(report.findings[0]).toMatchObject({ state: 'new', risk: 'API1', cwe: 639 })
    expect(report.results.length).toBe((await SAMPLE).run.results.length)
  })

  it('is not followed by a report that lacks a part', async () => {
    const { risks, ...report } = JSON.parse(formatJson(await assessed()))
    expect(ajv.compile(schema)(report)).toBe(false)
    expect(risks).toHaveLength(10)
  })
})
