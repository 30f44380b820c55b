import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAuditLog } from '../../src/audit/audit-log.ts'
import { genesis, link } from '../../src/audit/chain.ts'
import { type Checkpoint, checkpointText } from '../../src/audit/checkpoint-line.ts'
import { ringSigner } from '../../src/audit/ring-signer.ts'
import { type AuditFaultKind, type AuditReport, verifyAudit } from '../../src/audit/verify.ts'
import { ManualClock } from '../../src/base/clock.ts'
import { memoryState } from '../../src/stores/memory.ts'
import type { AuditRecord } from '../../src/stores/store.ts'
import { generateKeyRing } from '../../src/vault/index.ts'
import { event, recordsOf, storedRecords } from './audit-events.ts'

const ring = generateKeyRing()
const signer = ringSigner(ring)

function chainOf(count: number, node = 'n1', text = 'event'): readonly AuditRecord[] {
  const bodies = Array.from({ length: count }, (_, n) =>
    JSON.stringify({ at: new Date(1_000 * n).toISOString(), type: `${text}-${n}` }),
  )
  return link(node, genesis(node), bodies)
}

function checkpointOf({ node, seq, hash }: Pick<AuditRecord, 'node' | 'seq' | 'hash'>, by = signer): Checkpoint {
  const at = new Date(1_000 * (seq - 1)).toISOString()
  return { node, seq, hash, at, ...by.sign(checkpointText({ node, seq, hash, at })) }
}

function check(records: readonly AuditRecord[], checkpoints: readonly Checkpoint[] | null): Promise<AuditReport> {
  return verifyAudit({
    records: storedRecords(records),
    checkpoints: checkpoints && { checkpoints, damaged: [] },
    signer,
  })
}

const kindsOf = (report: AuditReport): readonly AuditFaultKind[] =>
  report.nodes.flatMap(({ faults }) => faults.map(({ kind }) => kind))
const last = (records: readonly AuditRecord[]) => records.at(-1) as AuditRecord

describe('verifyAudit', () => {
  it('finds nothing in a whole log of several nodes, longer than a page', async () => {
    const [one, two] = [chainOf(2_500), chainOf(3, 'n2')]
    const report = await check(
      [...one, ...two],
      [checkpointOf(one[9] as AuditRecord), checkpointOf(last(one)), checkpointOf(last(two))],
    )
    expect(report).toMatchObject({
      whole: true,
      damagedLines: [],
      nodes: [
        {
          node: 'n1',
          firstSeq: 1,
          lastSeq: 2_500,
          count: 2_500,
          faultCount: 0,
          checkpoints: 2,
          unprotected: { records: 0, seconds: 0 },
        },
        { node: 'n2', firstSeq: 1, lastSeq: 3, count: 3, faultCount: 0, checkpoints: 1 },
      ],
    })
  })

  it('finds nothing in what the log itself wrote', async () => {
    const state = memoryState()
    const log = createAuditLog({ state, node: 'n1', clock: new ManualClock(), checkpoints: null, onFailure: () => {} })
    await log.append(event())
    log.note(event())
    await log.close()
    const records = await recordsOf(state.audit)
    expect(
      await verifyAudit({
        records: state.audit,
        checkpoints: { checkpoints: [checkpointOf(last(records))], damaged: [] },
        signer,
      }),
    ).toMatchObject({ whole: true })
  })

  it('finds nothing where nothing is', async () => {
    expect(await check([], [])).toMatchObject({ whole: true, nodes: [] })
  })

  it.each<[string, (records: AuditRecord[]) => AuditRecord[], AuditFaultKind, number]>([
    [
      'a changed body',
      (all) => all.map((one) => (one.seq === 4 ? { ...one, body: one.body.replace('event', 'other') } : one)),
      'changed',
      4,
    ],
    ['a changed record with its hash made anew', (all) => rehashed(all, 4), 'broken-link', 5],
    ['a removed record', (all) => all.filter(({ seq }) => seq !== 4), 'missing', 4],
    [
      'a removed record, the others renumbered',
      (all) => renumbered(all.filter(({ seq }) => seq !== 4)),
      'broken-link',
      4,
    ],
    ['a removed beginning', (all) => all.slice(3), 'missing', 1],
    [
      'two exchanged',
      (all) => renumbered([...all.slice(0, 3), ...all.slice(3, 5).reverse(), ...all.slice(5)]),
      'broken-link',
      4,
    ],
    [
      'an inserted one',
      (all) => renumbered([...all.slice(0, 3), all[2] as AuditRecord, ...all.slice(3)]),
      'broken-link',
      4,
    ],
    ['a cut tail', (all) => all.slice(0, 7), 'cut-tail', 10],
    ['everything removed', () => [], 'cut-tail', 10],
    ['a chain written anew', () => [...chainOf(10, 'n1', 'forged')], 'rewritten', 10],
    ['a chain written anew and longer', () => [...chainOf(50, 'n1', 'forged')], 'rewritten', 10],
    ['a chain moved under another node', (all) => all.map((one) => ({ ...one, node: 'n0' })), 'broken-link', 1],
    ['a number before the first', (all) => [{ ...(all[0] as AuditRecord), seq: 0 }, ...all], 'broken-link', 0],
  ])('finds %s', async (_, damage, kind, seq) => {
    const whole = chainOf(10)
    const report = await check(damage([...whole]), [checkpointOf(last(whole))])
    expect(report.whole).toBe(false)
    expect(report.nodes.flatMap(({ faults }) => faults)).toContainEqual({ kind, seq, detail: expect.any(String) })
  })

  it('finds any single change, removal, exchange, insertion or cut of stored records', async () => {
    const text = fc.string({ minLength: 1, maxLength: 8 })
    const damage = fc.oneof(
      fc.record({
        how: fc.constant('change' as const),
        at: fc.nat(),
        member: fc.constantFrom('body' as const, 'hash' as const, 'previous' as const),
        text,
        position: fc.nat(),
      }),
      fc.record({ how: fc.constant('remove' as const), at: fc.nat(), renumber: fc.boolean() }),
      fc.record({ how: fc.constant('exchange' as const), at: fc.nat(), with: fc.nat() }),
      fc.record({ how: fc.constant('insert' as const), at: fc.nat(), text, linked: fc.boolean() }),
      fc.record({ how: fc.constant('cut' as const), at: fc.nat() }),
    )
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 30 }), damage, async (count, one) => {
        const whole = chainOf(count)
        const records = [...whole]
        const at = one.at % count
        const record = records[at] as AuditRecord
        if (one.how === 'change') {
          const value = record[one.member]
          const position = one.position % value.length
          const changed = value.slice(0, position) + one.text + value.slice(position + 1)
          fc.pre(changed !== value)
          records[at] = { ...record, [one.member]: changed }
        } else if (one.how === 'remove') {
          records.splice(at, 1)
          if (one.renumber) records.splice(0, records.length, ...renumbered(records))
        } else if (one.how === 'exchange') {
          const other = one.with % count
          fc.pre(other !== at)
          records[at] = { ...(whole[other] as AuditRecord), seq: at + 1 }
          records[other] = { ...record, seq: other + 1 }
        } else if (one.how === 'insert') {
          const [fitting] = link('n1', { seq: at, hash: record.previous }, [one.text])
          records.splice(at, 0, one.linked ? (fitting as AuditRecord) : { ...record, body: one.text })
          records.splice(0, records.length, ...renumbered(records))
        } else records.splice(at)
        expect((await check(records, [checkpointOf(last(whole))])).whole).toBe(false)
      }),
      { numRuns: 500 },
    )
  })

  it('reports one damage once, not for every record behind it', async () => {
    const whole = chainOf(1_500)
    const records = whole.map((record) => (record.seq === 10 ? { ...record, body: '{}' } : record))
    expect(kindsOf(await check(records, [checkpointOf(last(whole))]))).toEqual(['changed'])
  })

  it('lists a hundred faults and counts them all', async () => {
    const whole = chainOf(300)
    const report = await check(
      whole.map((record) => ({ ...record, body: '{}' })),
      [checkpointOf(last(whole))],
    )
    expect(report.nodes[0]).toMatchObject({ faultCount: 300, faults: { length: 100 } })
  })
})

describe('checkpoints', () => {
  const whole = chainOf(10)

  it.each<[string, (genuine: Checkpoint) => Checkpoint]>([
    ['hash', (genuine) => ({ ...genuine, hash: 'x'.repeat(43) })],
    ['number', (genuine) => ({ ...genuine, seq: 3 })],
    ['time', (genuine) => ({ ...genuine, at: '2030-01-01T00:00:00.000Z' })],
    ['signature', (genuine) => ({ ...genuine, signature: 'AAAA' })],
    ['key', (genuine) => checkpointOf(genuine, renamed(ringSigner(generateKeyRing()), ring.active))],
  ])('with a forged %s are found', async (_, forge) => {
    const report = await check(whole, [forge(checkpointOf(last(whole))), checkpointOf(last(whole))])
    expect(kindsOf(report)).toEqual(['forged-checkpoint'])
    expect(report.nodes[0]?.checkpoints).toBe(1)
  })

  it('that are forged vouch for nothing', async () => {
    const forged = { ...checkpointOf(last(whole)), signature: 'AAAA' }
    expect(kindsOf(await check(whole, [forged]))).toEqual(['forged-checkpoint', 'no-checkpoint'])
  })

  it('of one node do not vouch for another', async () => {
    const moved = { ...checkpointOf(last(whole)), node: 'n2' }
    expect(kindsOf(await check([...whole, ...chainOf(10, 'n2')], [checkpointOf(last(whole)), moved]))).toEqual([
      'forged-checkpoint',
      'no-checkpoint',
    ])
  })

  it('of a node that has no record left are a cut tail', async () => {
    const other = checkpointOf(last(chainOf(4, 'n2')))
    expect(kindsOf(await check(whole, [checkpointOf(last(whole)), other]))).toEqual(['cut-tail'])
  })

  it('under a retired key are no fault while a newer one vouches, and are one when none does', async () => {
    const retired = ringSigner(generateKeyRing())
    const old = checkpointOf(whole[3] as AuditRecord, retired)
    expect(await check(whole, [old, checkpointOf(last(whole))])).toMatchObject({ whole: true })
    const newest = checkpointOf(last(whole), retired)
    expect(kindsOf(await check(whole, [checkpointOf(whole[3] as AuditRecord), newest]))).toEqual(['unknown-key'])
  })

  it('that are absent are a fault where they are kept, and a blind spot where they are not', async () => {
    expect(kindsOf(await check(whole, []))).toEqual(['no-checkpoint'])
    const report = await check(whole, null)
    expect(report).toMatchObject({ whole: true, nodes: [{ unprotected: { records: 10, seconds: null } }] })
    expect(report.cannotSee[0]).toMatch(/No checkpoints are kept/)
  })

  it('of a chain that has only begun vouch for its node, and for no record', async () => {
    const begun = checkpointOf({ node: 'n1', ...genesis('n1') })
    expect(await check([], [begun])).toMatchObject({ whole: true, nodes: [{ count: 0, checkpoints: 1 }] })
    expect(await check(whole, [begun])).toMatchObject({ whole: true, nodes: [{ unprotected: { records: 10 } }] })
    expect(kindsOf(await check(whole, [checkpointOf({ ...begun, hash: 'other' })]))).toEqual(['rewritten'])
  })

  it('that are damaged make the log not whole', async () => {
    const checkpoints = { checkpoints: [checkpointOf(last(whole))], damaged: [3] }
    expect(await verifyAudit({ records: storedRecords(whole), checkpoints, signer })).toMatchObject({
      whole: false,
      damagedLines: [3],
    })
  })
})

describe('what it cannot see', () => {
  it('is the tail after the newest checkpoint, in records and seconds', async () => {
    const whole = chainOf(10)
    const report = await check(whole, [checkpointOf(whole[3] as AuditRecord)])
    expect(report).toMatchObject({ whole: true, nodes: [{ unprotected: { records: 6, seconds: 6 } }] })
    expect(report.cannotSee[0]).toBe(
      'Node n1: the newest 6 records, 6.0 s after the newest checkpoint could be cut off or written anew without a trace.',
    )
    // And so it is: the same log without them is whole.
    expect(await check(whole.slice(0, 4), [checkpointOf(whole[3] as AuditRecord)])).toMatchObject({ whole: true })
  })

  it('is stated with every report', async () => {
    const { cannotSee } = await check([], [])
    for (const word of [/killed/, /cut back together/, /database and the key ring/, /Power loss/]) {
      expect(cannotSee.some((sentence) => word.test(sentence))).toBe(true)
    }
  })
})

function renumbered(records: readonly AuditRecord[]): AuditRecord[] {
  return records.map((record, index) => ({ ...record, seq: index + 1 }))
}

function rehashed(records: readonly AuditRecord[], seq: number): AuditRecord[] {
  return records.map((record) =>
    record.seq === seq
      ? (link(record.node, { seq: seq - 1, hash: record.previous }, ['{}'])[0] as AuditRecord)
      : record,
  )
}

function renamed(by: typeof signer, kid: string): typeof signer {
  return { ...by, sign: (text) => ({ ...by.sign(text), kid }) }
}
