import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { billing } from '../../../examples/billing/api.ts'
import { acknowledge, judgeChanges } from '../../../src/contract/diff/acknowledge.ts'
import { diffOutlines } from '../../../src/contract/diff/diff-documents.ts'
import { formatLock, type Lock, readLock } from '../../../src/contract/diff/lock.ts'
import { outlineOf } from '../../../src/contract/diff/outline.ts'
import { updateLock } from '../../../src/contract/diff/update-lock.ts'
import { readDocument } from '../../../src/contract/from-openapi/read-document.ts'
import { toOpenApi } from '../../../src/contract/to-openapi.ts'
import { type Base, baseDocument, bodySchema, operation } from './base-document.ts'

const GET = 'GET /invoices/{invoice}'
const outline = (change: (document: Base) => void = () => {}) => {
  const document = baseDocument()
  change(document)
  return outlineOf(readDocument(document))
}
const faster = (rate: string) => (document: Base) => {
  operation(document, GET)['x-turnpike'].limit.rate = rate
}
const lockOf = (contract = outline()): Lock => ({ turnpikeLock: 1, contract, acknowledged: {} })
const day = (text: string, time = '12:00:00') => new Date(`${text}T${time}Z`)

describe('an acknowledgement', () => {
  const changes = diffOutlines(outline(), outline(faster('200/minute')))
  const id = changes[0]?.id ?? ''
  const word = { ids: [id], reason: 'a launch', until: '2027-01-31' }
  const said = acknowledge({}, changes, word, day('2027-01-01'))
  const fails = (now: Date) => judgeChanges(changes, said, now).map((each) => each.fails)

  it('holds to the end of its last day, in UTC, and then the change fails again', () => {
    expect(said).toEqual({
      [id]: { change: `${GET}: the rate is up: 100/minute → 200/minute`, reason: 'a launch', until: '2027-01-31' },
    })
    expect(fails(day('2027-01-31', '23:59:59'))).toEqual([false])
    expect(fails(day('2027-02-01', '00:00:00'))).toEqual([true])
    expect(judgeChanges(changes, said, day('2027-02-01'))[0]?.acknowledged).toEqual({
      reason: 'a launch',
      until: '2027-01-31',
      expired: true,
    })
  })

  it('is for one change: the same place a little wider is another', () => {
    const more = diffOutlines(outline(), outline(faster('201/minute')))
    expect(judgeChanges(more, said, day('2027-01-01')).map((each) => each.fails)).toEqual([true])
  })

  it.each([
    ['no reason', { reason: '  ' }, /a reason is missing: --reason/],
    ['no day', { until: undefined }, /the last day is missing: --until 2027-04-01/],
    ['a day that has passed', { until: '2026-12-31' }, /2026-12-31 has passed/],
    ['a day that is none', { until: '2027-02-30' }, /"2027-02-30" is no day/],
    ['an instant', { until: '2027-02-01T00:00:00Z' }, /is no day/],
    ['an unknown change', { ids: ['0123456789'] }, /"0123456789" is no change that loosens: it is one of [0-9a-f]{10}/],
  ])('with %s is refused', (_name, wrong, message) => {
    expect(() => acknowledge({}, changes, { ...word, ...wrong }, day('2027-01-01'))).toThrow(message)
  })

  it('of a tightening is refused: there is nothing to acknowledge', () => {
    const [tighter] = diffOutlines(outline(faster('200/minute')), outline())
    expect(() =>
      acknowledge({}, tighter ? [tighter] : [], { ...word, ids: [tighter?.id ?? ''] }, day('2027-01-01')),
    ).toThrow('nothing loosens')
  })
})

describe('a lock', () => {
  it('reads as it was written, in one spelling', () => {
    const lock = { ...lockOf(), acknowledged: { '0123456789': { change: 'c', reason: 'r', until: '2027-01-31' } } }
    const text = formatLock(lock)
    expect(readLock(JSON.parse(text))).toEqual(lock)
    expect(formatLock(readLock(JSON.parse(text)))).toBe(text)
  })

  it.each([
    ['another version', { turnpikeLock: 2 }, /turnpikeLock/],
    ['an unknown key', { ...JSON.parse(formatLock(lockOf())), more: 1 }, /more/],
    [
      'an acknowledgement without a reason',
      {
        ...JSON.parse(formatLock(lockOf())),
        acknowledged: { '0123456789': { change: 'c', reason: '', until: '2027-01-31' } },
      },
      /acknowledged\/0123456789\/reason/,
    ],
  ])('of %s is refused', (_name, value, message) => {
    expect(() => readLock(value)).toThrow(message)
  })

  it('moves on with what tightens, and stays where something loosens', () => {
    const today = outline((document) => {
      faster('200/minute')(document)
      bodySchema(document).properties.title.maxLength = 50
    })
    const { lock, held } = updateLock(lockOf(), today, day('2027-01-01'))
    expect(held.map(({ kind, fails }) => [kind, fails])).toEqual([['limit-rate', true]])
    expect(lock.contract.operations[GET]?.contract?.limit.rate).toBe('100/minute')
    expect(lock.contract.operations['PATCH /invoices/{invoice}']?.input['/body/title']?.maxLength).toBe(50)
    expect(diffOutlines(lock.contract, today).map(({ kind }) => kind)).toEqual(['limit-rate'])
  })

  it('so an acknowledgement outlives it, and still ends', () => {
    const today = outline(faster('200/minute'))
    const changes = diffOutlines(outline(), today)
    const id = changes[0]?.id ?? ''
    const acknowledged = acknowledge(
      {},
      changes,
      { ids: [id], reason: 'a launch', until: '2027-01-31' },
      day('2027-01-01'),
    )
    const { lock, held } = updateLock({ ...lockOf(), acknowledged }, today, day('2027-01-02'))
    expect(held.map(({ fails }) => fails)).toEqual([false])
    expect(Object.keys(lock.acknowledged)).toEqual([id])
    const later = judgeChanges(diffOutlines(lock.contract, today), lock.acknowledged, day('2027-03-01'))
    expect(later.map(({ fails }) => fails)).toEqual([true])
  })

  it('drops the acknowledgement of what is no more, and everything when it agrees for good', () => {
    const acknowledged = { '0123456789': { change: 'c', reason: 'r', until: '2027-01-31' } }
    expect(updateLock({ ...lockOf(), acknowledged }, outline(), day('2027-01-01')).lock.acknowledged).toEqual({})
    const today = outline(faster('200/minute'))
    const { lock, held } = updateLock(lockOf(), today, day('2027-01-01'), true)
    expect([held, diffOutlines(lock.contract, today)]).toEqual([[], []])
  })

  it('keeps a whole operation under its old name when its renamed self loosens', () => {
    const today = outline((document) => {
      const { get } = document.paths['/invoices/{invoice}'] ?? {}
      delete document.paths['/invoices/{invoice}']
      document.paths['/invoices/{id}'] = JSON.parse(
        JSON.stringify({ get })
          .replaceAll('"name":"invoice"', '"name":"id"')
          .replace('{"owns":"invoice"}', '{"signedIn":true}')
          .replace('"params":{"invoice"', '"params":{"id"'),
      )
    })
    const { lock } = updateLock(lockOf(), today, day('2027-01-01'))
    expect(Object.keys(lock.contract.operations).filter((id) => id.startsWith('GET /invoices/'))).toEqual([GET])
  })
})

it("the demo's lock file is that of its contract: what a change of the demo loosens shows in review", async () => {
  const text = await readFile(new URL('../../../examples/billing/turnpike.lock.json', import.meta.url), 'utf8')
  const contract = outlineOf(readDocument(toOpenApi(billing, { full: true })))
  const { acknowledged, contract: locked } = readLock(JSON.parse(text))
  expect(
    diffOutlines(locked, contract),
    'run: npx turnpike lock examples/billing/api.ts --file examples/billing/turnpike.lock.json',
  ).toEqual([])
  expect(text).toBe(formatLock({ turnpikeLock: 1, contract, acknowledged }))
})
