import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createAuditLog } from '../../src/audit/audit-log.ts'
import { type CheckpointFileOptions, checkpointFile, isGenuine, readCheckpoints } from '../../src/audit/checkpoint.ts'
import { ringSigner } from '../../src/audit/ring-signer.ts'
import { verifyAudit } from '../../src/audit/verify.ts'
import { ManualClock } from '../../src/base/clock.ts'
import { memoryState } from '../../src/stores/memory.ts'
import { generateKeyRing, retire, rotate } from '../../src/vault/index.ts'
import { bodiesOf, event, recordsOf } from './audit-events.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'turnpike-checkpoints-'))
  path = join(folder, 'audit', 'checkpoints.ndjson')
})
afterEach(() => rm(folder, { recursive: true }))

const ring = generateKeyRing()

function sinkOf(options: Partial<CheckpointFileOptions> = {}) {
  const failures: unknown[] = []
  const clock = new ManualClock()
  const onFailure = (error: unknown) => failures.push(error)
  const sink = checkpointFile({ path, signer: ringSigner(ring), clock, onFailure, everySeconds: 3_600, ...options })
  return { sink, failures, clock }
}

const head = (seq: number, node = 'n1') => ({ node, seq, hash: `hash-${node}-${seq}` })
const written = async () => (await readCheckpoints(path)).checkpoints.map(({ node, seq }) => `${node}:${seq}`)

describe('checkpointFile', () => {
  it("signs a head into a file of its owner's own", async () => {
    const { sink } = sinkOf()
    await sink.seal(head(7))
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const { checkpoints, damaged } = await readCheckpoints(path)
    expect(damaged).toEqual([])
    expect(checkpoints).toEqual([
      {
        node: 'n1',
        seq: 7,
        hash: 'hash-n1-7',
        at: '2026-01-01T00:00:00.000Z',
        kid: ring.active,
        signature: expect.any(String),
      },
    ])
    expect(checkpoints.every((checkpoint) => isGenuine(checkpoint, ringSigner(ring)))).toBe(true)
    await sink.close()
  })

  it('signs after so many records', async () => {
    const { sink } = sinkOf({ everyRecords: 10 })
    await sink.seal(head(1))
    for (let seq = 2; seq <= 10; seq += 1) sink.advance(head(seq))
    expect(await sink.newest('n1')).toMatchObject({ seq: 1 })
    sink.advance(head(11))
    expect(await sink.newest('n1')).toMatchObject({ seq: 11 })
    await sink.close()
    expect(await written()).toEqual(['n1:1', 'n1:11'])
  })

  it('signs after so many seconds, though few records came', async () => {
    const { sink } = sinkOf({ everySeconds: 0.01 })
    await sink.seal(head(1))
    sink.advance(head(2))
    await vi.waitFor(async () => expect(await written()).toEqual(['n1:1', 'n1:2']))
    await sink.close()
  })

  it('signs the rest when it closes, each node once', async () => {
    const { sink } = sinkOf()
    await sink.seal(head(1))
    sink.advance(head(2))
    sink.advance(head(1, 'n2'))
    await sink.close()
    expect(await written()).toEqual(['n1:1', 'n1:2', 'n2:1'])
  })

  it('cuts off a line that a crash tore, and goes on behind the last whole one', async () => {
    const before = sinkOf().sink
    await before.seal(head(1))
    await before.close()
    await appendFile(path, '{"node":"n1","seq":2,"ha')
    expect((await readCheckpoints(path)).damaged).toEqual([])
    const { sink } = sinkOf()
    await sink.seal(head(3))
    await sink.close()
    expect(await readCheckpoints(path)).toMatchObject({ checkpoints: [{ seq: 1 }, { seq: 3 }], damaged: [] })
  })

  it('reports what it cannot write and tries again', async () => {
    const { sink, failures } = sinkOf({ everyRecords: 1 })
    await writeFile(join(folder, 'audit'), 'in the way')
    sink.advance(head(1))
    await vi.waitFor(() => expect(failures).toHaveLength(1))
    await rm(join(folder, 'audit'))
    sink.advance(head(2))
    await sink.close()
    expect(await written()).toEqual(['n1:2'])
  })

  it('keeps the newest lines and one a day and node before them', async () => {
    const { sink, clock } = sinkOf({ keepLines: 4 })
    for (let seq = 1; seq <= 9; seq += 1) {
      await sink.seal(head(seq))
      clock.advance(6 * 3_600_000)
    }
    // Lines 1 to 5 are of two days; the last of each stays, and the four newest.
    expect(await written()).toEqual(['n1:4', 'n1:5', 'n1:6', 'n1:7', 'n1:8', 'n1:9'])
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    await sink.seal(head(10))
    await sink.close()
    expect((await written()).at(-1)).toBe('n1:10')
  })

  it('keeps a damaged line through compaction: it is evidence', async () => {
    const { sink } = sinkOf({ keepLines: 2 })
    await sink.seal(head(1))
    await appendFile(path, 'not a checkpoint\n')
    for (let seq = 2; seq <= 6; seq += 1) await sink.seal(head(seq))
    await sink.close()
    expect((await readFile(path, 'utf8')).split('\n')).toContain('not a checkpoint')
  })

  it('takes the newest genuine one for the newest', async () => {
    const { sink } = sinkOf()
    await sink.seal(head(1))
    await appendFile(
      path,
      `${JSON.stringify({ ...head(9), at: '2026-01-01T00:00:00.000Z', kid: ring.active, signature: 'AAAA' })}\n`,
    )
    expect(await sink.newest('n1')).toMatchObject({ seq: 1 })
    expect(await sink.newest('n2')).toBeNull()
    await sink.close()
  })

  it.each(['everyRecords', 'everySeconds', 'keepLines'])('refuses a wrong %s', (name) => {
    for (const value of [0, -1, Number.NaN]) expect(() => sinkOf({ [name]: value })).toThrow(new RegExp(name))
  })
})

describe('ringSigner', () => {
  it('signs with the active key; a rotated ring still verifies, a retired key is not known', () => {
    const { kid, signature } = ringSigner(ring).sign('text')
    const rotated = rotate(ring)
    expect(ringSigner(rotated).verify('text', kid, signature)).toBe(true)
    expect(ringSigner(rotated).sign('text').kid).toBe(rotated.active)
    const retired = ringSigner(retire(rotated, kid))
    expect([retired.knows(kid), retired.verify('text', kid, signature)]).toEqual([false, false])
  })

  it.each([
    ['another text', 'text2', (signature: string) => signature],
    ['a cut signature', 'text', (signature: string) => signature.slice(0, -2)],
    ['no signature', 'text', () => ''],
    ['another spelling', 'text', (signature: string) => `${signature}=`],
  ])('refuses %s', (_, text, change) => {
    const { kid, signature } = ringSigner(ring).sign('text')
    expect(ringSigner(ring).verify(text, kid, change(signature))).toBe(false)
  })

  it('refuses the signature of another ring under the same key name', () => {
    const { signature } = ringSigner(generateKeyRing()).sign('text')
    expect(ringSigner(ring).verify('text', ring.active, signature)).toBe(false)
  })
})

describe('the log and its checkpoints', () => {
  function logOn(state: ReturnType<typeof memoryState>) {
    const failures: unknown[] = []
    const onFailure = (error: unknown) => failures.push(error)
    const log = createAuditLog({ state, node: 'n1', clock: new ManualClock(), checkpoints: sinkOf().sink, onFailure })
    return { log, failures }
  }

  it('signs where the chain stands at start and at close, and only what was committed', async () => {
    const state = memoryState()
    const first = logOn(state).log
    await first.start()
    await first.append(event())
    const undone = state.transaction(async () => {
      await first.append(event())
      throw new Error('no')
    })
    await expect(undone).rejects.toThrow('no')
    await first.close()
    const second = logOn(state).log
    await second.start()
    second.note(event())
    await second.close()
    const records = await recordsOf(state.audit)
    const { checkpoints } = await readCheckpoints(path)
    expect(checkpoints.map(({ seq, hash }) => [seq, hash])).toEqual([
      [0, records[0]?.previous],
      [1, records[0]?.hash],
      [1, records[0]?.hash],
      [2, records[1]?.hash],
    ])
  })

  it('vouches for a chain from its start on: a process killed in its first minute leaves no fault', async () => {
    const state = memoryState()
    const { log } = logOn(state)
    await log.start()
    await log.append(event())
    const report = await verifyAudit({
      records: state.audit,
      checkpoints: await readCheckpoints(path),
      signer: ringSigner(ring),
    })
    expect(report).toMatchObject({ whole: true, nodes: [{ unprotected: { records: 1, seconds: 0 } }] })
    await log.close()
  })

  it.each([
    ['a cut tail', 2],
    ['a new chain', 3],
  ])('alarms at start and records it when the store contradicts the newest checkpoint: %s', async (_, count) => {
    const { log: before } = logOn(memoryState())
    for (let n = 0; n < 3; n += 1) await before.append(event())
    await before.close()
    const state = memoryState()
    const other = createAuditLog({
      state,
      node: 'n1',
      clock: new ManualClock(),
      checkpoints: null,
      onFailure: () => {},
    })
    for (let n = 0; n < count; n += 1) await other.append(event({ requestId: 'other' }))
    const { log, failures } = logOn(state)
    await log.start()
    expect(failures.map(String)).toEqual([expect.stringContaining('turnpike audit verify')])
    expect((await bodiesOf(state.audit)).at(-1)).toMatchObject({ type: 'audit.contradicted', outcome: 'failed' })
    await log.close()
  })

  it('fails to start when the checkpoints cannot be read: that is no proof of a whole log', async () => {
    const state = memoryState()
    const { log } = logOn(state)
    await log.append(event())
    await log.close()
    await rm(path)
    await writeFile(join(folder, 'other'), '')
    const blocked = checkpointFile({
      path: join(folder, 'other', 'c'),
      signer: ringSigner(ring),
      clock: new ManualClock(),
      onFailure: () => {},
    })
    const next = createAuditLog({
      state,
      node: 'n1',
      clock: new ManualClock(),
      checkpoints: blocked,
      onFailure: () => {},
    })
    await expect(next.start()).rejects.toThrow(/ENOTDIR/)
  })
})
