import { chmod, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createAuditLog } from '../../src/audit/audit-log.ts'
import { checkpointFile } from '../../src/audit/checkpoint.ts'
import { ringSigner } from '../../src/audit/ring-signer.ts'
import { systemClock } from '../../src/base/clock.ts'
import { runAuditVerify } from '../../src/cli/audit-verify.ts'
import { type Embedded, embedded } from '../../src/stores/embedded.ts'
import { fileKeyRing } from '../../src/vault/index.ts'
import { event } from '../audit/audit-events.ts'
import { capturePrinted } from './printed.ts'

let root: string
/** A server's data folder after it has stopped. Every test works on a copy. */
let original: string
let data: string
let printed: ReturnType<typeof capturePrinted>

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'turnpike-verify-'))
  original = join(root, 'original')
  const state = await embedded(original)
  const ring = await fileKeyRing(join(original, 'keys.json')).create()
  const path = join(original, 'audit', 'checkpoints.ndjson')
  const onFailure = (error: unknown) => {
    throw error
  }
  const checkpoints = checkpointFile({ path, signer: ringSigner(ring), clock: systemClock, onFailure })
  const log = createAuditLog({ state, node: 'n1', clock: systemClock, checkpoints, onFailure })
  await log.start()
  for (let n = 1; n <= 10; n += 1) await log.append(event({ requestId: `r-${n}` }))
  await log.close()
  await state.close()
})
afterAll(() => rm(root, { recursive: true }))

beforeEach(async () => {
  data = await mkdtemp(join(root, 'copy-'))
  await cp(original, data, { recursive: true, preserveTimestamps: true })
  printed = capturePrinted()
})
afterEach(() => {
  vi.restoreAllMocks()
})

interface Tables {
  turnpike_audit: { node: string; seq: number; body: string }
}

/** Whoever has the database, at work. */
async function tamper(work: (records: ReturnType<typeof recordsOf>) => Promise<unknown>): Promise<void> {
  const state = await embedded(data)
  await work(recordsOf(state))
  await state.close()
}
const recordsOf = (state: Embedded) => state.database.dangerouslyWithoutRowSecurity<Tables>().withSchema('turnpike')

describe('audit verify', () => {
  it('says that the log of a stopped server is whole, and what it cannot see', async () => {
    expect(await runAuditVerify({ data })).toBe(0)
    expect(printed.out).toContain(
      'Node n1: records 1 to 10 (10), 2 checkpoints in agreement\nWhole: 10 records on 1 node',
    )
    expect(printed.out).toMatch(/What this check cannot see:\n( {2}- .+\n){4,}$/)
    expect(printed.err).toBe('')
  })

  it('writes the report as JSON', async () => {
    expect(await runAuditVerify({ data, json: true })).toBe(0)
    expect(JSON.parse(printed.out)).toMatchObject({
      whole: true,
      nodes: [{ node: 'n1', count: 10, unprotected: { records: 0 } }],
      damagedLines: [],
    })
  })

  it.each<[string, Parameters<typeof tamper>[0], string]>([
    [
      'a changed record',
      (db) => db.updateTable('turnpike_audit').set({ body: '{}' }).where('seq', '=', 4).execute(),
      'changed             record 4',
    ],
    [
      'a removed record',
      (db) => db.deleteFrom('turnpike_audit').where('seq', '=', 4).execute(),
      'missing             record 4',
    ],
    [
      'a cut tail',
      (db) => db.deleteFrom('turnpike_audit').where('seq', '>', 7).execute(),
      'cut-tail            record 10',
    ],
    ['an emptied log', (db) => db.deleteFrom('turnpike_audit').execute(), 'cut-tail            record 10'],
  ])('finds %s', async (_, damage, line) => {
    await tamper(damage)
    expect(await runAuditVerify({ data })).toBe(1)
    expect(printed.out).toContain(`  ${line}: `)
    expect(printed.out).toMatch(/Not whole: \d+ faults? in/)
  })

  it('finds checkpoints that were forged, damaged or removed', async () => {
    const path = join(data, 'audit', 'checkpoints.ndjson')
    const genuine = await readFile(path, 'utf8')
    const newest = genuine.slice(genuine.indexOf('\n') + 1)
    await writeFile(path, `${genuine}${newest.replace('"seq":10', '"seq":11')}not one\n`)
    expect(await runAuditVerify({ data })).toBe(1)
    expect(printed.out).toContain('forged-checkpoint   record 11')
    expect(printed.out).toContain('damaged-checkpoint  line 4')
    await rm(path)
    expect(await runAuditVerify({ data })).toBe(1)
    expect(printed.out).toContain('no-checkpoint')
  })

  it('leaves the folder of a live server alone', async () => {
    const server = await embedded(data)
    const before = await readdir(data)
    expect(await runAuditVerify({ data })).toBe(2)
    expect(printed.err).toContain(`in use by process ${process.pid}`)
    expect(await readdir(data)).toEqual(before)
    await server.close()
    expect(await runAuditVerify({ data })).toBe(0)
  })

  it('makes no folder where none is', async () => {
    expect(await runAuditVerify({ data: join(root, 'nowhere') })).toBe(2)
    expect(printed.err).toContain('--data FOLDER')
    expect(await readdir(root)).not.toContain('nowhere')
  })

  it('gives no verdict without the key ring, or with one that others may read', async () => {
    await chmod(join(data, 'keys.json'), 0o644)
    expect(await runAuditVerify({ data })).toBe(2)
    expect(printed.err).toContain('chmod 600')
    await rm(join(data, 'keys.json'))
    expect(await runAuditVerify({ data })).toBe(2)
    expect(printed.err).toContain('keys.json, is missing')
    expect(printed.out).toBe('')
  })

  it('gives no verdict on a damaged folder, and leaves it', async () => {
    await rm(join(data, 'postgres', 'PG_VERSION'))
    expect(await runAuditVerify({ data })).toBe(2)
    expect(printed.err).toContain('damaged')
  })
})
