import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createWalkLog, type WalkRecord } from '../../src/audit/walk-log.ts'
import { runExplain } from '../../src/cli/explain.ts'
import { capturePrinted } from './printed.ts'

let folder: string
let printed: ReturnType<typeof capturePrinted>
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'turnpike-explain-'))
  printed = capturePrinted()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(folder, { recursive: true })
})

const refused: WalkRecord = {
  requestId: '0b4f',
  at: '2026-01-01T00:00:00.000Z',
  method: 'GET',
  path: '/v1/invoices/7',
  addressKey: '192.0.2.1',
  principal: 'issuer|bob',
  endpoint: 'GET /v1/invoices/:invoice',
  status: 404,
  code: 'not_found',
  detail: 'owns("invoice") is false for invoice:7',
  steps: [
    { step: 'transport', established: 'GET /v1/invoices/7 from 192.0.2.1', milliseconds: 0.05 },
    { step: 'identity', established: 'user issuer|bob', milliseconds: 0.2 },
    { step: 'object', established: 'invoice:7', milliseconds: 1.5 },
  ],
}

async function write(...walks: WalkRecord[]): Promise<void> {
  const log = createWalkLog(join(folder, 'walks.ndjson'))
  for (const walk of walks) log.write(walk)
  await log.close()
}

describe('explain', () => {
  it('prints the steps, what each established and what decided', async () => {
    await write(refused)
    expect(await runExplain('0b4f', { data: folder })).toBe(0)
    expect(printed.out.split('\n')).toEqual([
      'GET /v1/invoices/7  2026-01-01T00:00:00.000Z',
      '  request   0b4f',
      '  from      192.0.2.1, as issuer|bob',
      '  endpoint  GET /v1/invoices/:invoice',
      '',
      '  +  1 transport     0.05 ms  GET /v1/invoices/7 from 192.0.2.1',
      '  +  2 identity      0.20 ms  user issuer|bob',
      '  x  3 object        1.50 ms  owns("invoice") is false for invoice:7',
      '',
      'Refused at step "object" with 404 not_found: owns("invoice") is false for invoice:7',
      '',
    ])
    expect(printed.err).toBe('')
  })

  it('says that a served request passed every step', async () => {
    await write({ ...refused, status: 200, code: null, detail: null })
    expect(await runExplain('0b4f', { data: folder })).toBe(0)
    expect(printed.out).toMatch(/\+ {2}3 object .*invoice:7\n\nServed with 200: every step passed\.\n$/)
  })

  it('explains the newest walk of an id, while the log is open', async () => {
    const log = createWalkLog(join(folder, 'walks.ndjson'))
    log.write({ ...refused, detail: 'the older' })
    log.write({ ...refused, detail: 'the newer' })
    await log.flush()
    expect(await runExplain('0b4f', { data: folder })).toBe(0)
    expect(printed.out).toContain('the newer')
    expect(printed.out).not.toContain('the older')
    await log.close()
  })

  it('shows a request that was refused before it had an endpoint', async () => {
    await write({ ...refused, endpoint: null, steps: [] })
    expect(await runExplain('0b4f', { data: folder })).toBe(0)
    expect(printed.out).toContain('endpoint  none')
    expect(printed.out).toContain('Refused before the first step')
  })

  it('lets nothing a stranger sent reach the terminal as a command', async () => {
    await write({ ...refused, path: '/\u001b[2J\u009b31m\u202e', detail: 'a\nb' })
    expect(await runExplain('0b4f', { data: folder })).toBe(0)
    expect(printed.out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    expect(printed.out).toContain('a·b')
  })

  it('says where it looked for a request that is not there, and leaves the folder as it is', async () => {
    expect(await runExplain('no-such\u001b[0m', { data: folder })).toBe(2)
    expect(printed.err).toContain(`No walk of request "no-such·[0m" in ${join(folder, 'walks.ndjson')}`)
    expect(printed.out).toBe('')
    expect(await readdir(folder)).toEqual([])
  })

  it('says what cannot be read', async () => {
    await mkdir(join(folder, 'walks.ndjson'))
    expect(await runExplain('0b4f', { data: folder })).toBe(2)
    expect(printed.err).toMatch(/cannot be read: EISDIR/)
  })
})
