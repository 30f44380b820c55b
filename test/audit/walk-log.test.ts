import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readWalk } from '../../src/audit/read-walk.ts'
import { createWalkLog, olderGeneration, type WalkRecord } from '../../src/audit/walk-log.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'turnpike-walks-'))
  path = join(folder, 'walks.ndjson')
})
afterEach(() => rm(folder, { recursive: true }))

function walk(changes: Partial<WalkRecord> = {}): WalkRecord {
  return {
    requestId: 'r-1',
    at: '2026-01-01T00:00:00.000Z',
    method: 'GET',
    path: '/v1/invoices/1',
    addressKey: '192.0.2.1',
    principal: 'issuer|alice',
    endpoint: 'GET /v1/invoices/:invoice',
    status: 404,
    code: 'not_found',
    detail: 'invoice:1 is not theirs',
    steps: [{ step: 'transport', established: 'GET /v1/invoices/1', milliseconds: 0.1 }],
    ...changes,
  }
}

describe('createWalkLog', () => {
  it("writes walks to a file of its owner's own, and they are read back", async () => {
    const log = createWalkLog(path)
    log.write(walk())
    log.write(walk({ requestId: 'r-2', status: 200, code: null, detail: null }))
    await log.flush()
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readWalk(path, 'r-1')).toEqual(walk())
    expect(await readWalk(path, 'r-2')).toMatchObject({ status: 200, code: null })
    expect(await readWalk(path, 'r-3')).toBeNull()
    await log.close()
  })

  it('writes by itself, soon', async () => {
    const log = createWalkLog(path)
    log.write(walk())
    await vi.waitFor(async () => expect(await readWalk(path, 'r-1')).not.toBeNull(), { timeout: 10_000 })
    await log.close()
  })

  it('writes what waits when it closes, and nothing afterwards', async () => {
    const log = createWalkLog(path)
    log.write(walk())
    await log.close()
    log.write(walk({ requestId: 'late' }))
    await log.close()
    expect(await readFile(path, 'utf8')).toMatch(/^[^\n]*r-1[^\n]*\n$/)
  })

  it('keeps two generations of a bounded size, and finds walks in both, the newest first', async () => {
    const log = createWalkLog(path, { maxBytes: 2_000 })
    for (let n = 0; n < 50; n += 1) {
      log.write(walk({ requestId: `r-${n}` }))
      if (n % 5 === 0) log.write(walk({ requestId: 'again', status: 400 + n }))
      await log.flush()
    }
    await log.close()
    expect((await readdir(folder)).sort()).toEqual(['walks.1.ndjson', 'walks.ndjson'])
    for (const generation of [path, olderGeneration(path)])
      expect((await stat(generation)).size).toBeLessThanOrEqual(2_000)
    expect(await readFile(path, 'utf8')).not.toContain('"again"')
    expect(await readWalk(path, 'r-49')).not.toBeNull()
    expect(await readWalk(path, 'again')).toMatchObject({ status: 445 })
    expect(await readWalk(path, 'r-0')).toBeNull()
  })

  it('goes on in the file it finds', async () => {
    for (const requestId of ['r-1', 'r-2']) {
      const log = createWalkLog(path)
      log.write(walk({ requestId }))
      await log.close()
    }
    expect(await readWalk(path, 'r-1')).not.toBeNull()
    expect(await readWalk(path, 'r-2')).not.toBeNull()
  })

  it('is bounded in memory and says how many walks it left out', async () => {
    const log = createWalkLog(path)
    const detail = 'x'.repeat(10_000)
    for (let n = 0; n < 1_000; n += 1) log.write(walk({ requestId: `r-${n}`, detail }))
    await log.close()
    const lines = (await readFile(path, 'utf8')).trim().split('\n')
    const { leftOut } = JSON.parse(lines.at(-1) as string)
    expect(leftOut).toBe(1_000 - (lines.length - 1))
    expect((await stat(path)).size).toBeLessThan(1.1 * 1024 * 1024)
  })

  it('shortens a walk that is longer than any real one', async () => {
    const log = createWalkLog(path)
    log.write(walk({ path: `/${'p'.repeat(50_000)}` }))
    await log.close()
    expect((await readWalk(path, 'r-1'))?.path).toHaveLength(1_000)
  })

  it('never throws and never rejects, and writes later what it could not', async () => {
    await mkdir(path)
    const log = createWalkLog(path)
    const circle: Record<string, unknown> = {}
    circle.self = circle
    log.write(walk({ steps: circle as never }))
    log.write(walk())
    await log.flush()
    await rm(path, { recursive: true })
    await log.close()
    expect(await readWalk(path, 'r-1')).not.toBeNull()
  })

  it('holds no values of a query', async () => {
    const log = createWalkLog(path)
    log.write(walk({ path: '/users/search?email=alice@example.com&x&page=2' }))
    await log.close()
    expect((await readWalk(path, 'r-1'))?.path).toBe('/users/search?email=…&x&page=…')
  })

  const apiKey = ['tp', 'ab12', 'S'.repeat(43)].join('_')
  const refresh = ['rt', 'S'.repeat(43)].join('_')
  const jwt = ['eyJhbGciOiJub25lIn0', 'eyJzdWIiOiJTU1NTIn0', 'SSSSSSSS'].join('.')
  it.each([
    ['an API key', `the key ${apiKey} is void`],
    ['a refresh token', `${refresh} was used`],
    ['a JWT', `token "${jwt}"`],
    ['a JWT without its signature', jwt.slice(0, jwt.lastIndexOf('.'))],
    ['a Bearer credential', 'Authorization: bearer SSSS-SSSS/SSSS'],
    ['a Bearer credential of letters', `Bearer ${'S'.repeat(32)}`],
    ['a password in a URL', 'postgres://user:SSSSSSSS@host/db'],
  ])('holds no secret by its shape: %s', async (_, text) => {
    const log = createWalkLog(path)
    log.write(
      walk({ detail: text, path: `/x/${text}`, steps: [{ step: 'identity', established: text, milliseconds: 1 }] }),
    )
    await log.close()
    const written = await readFile(path, 'utf8')
    expect(written).not.toMatch(/S{4}|U1NTU/)
    expect(JSON.parse(written).detail).toContain('[redacted]')
  })

  it.each(['the Bearer credential is malformed', 'api-key:tp_ab12', 'https://host:8443/path', 'start_over'])(
    'leaves prose as it is: %s',
    async (text) => {
      const log = createWalkLog(path)
      log.write(walk({ detail: text }))
      await log.close()
      expect((await readWalk(path, 'r-1'))?.detail).toBe(text)
    },
  )

  it('without a path does nothing', async () => {
    const log = createWalkLog(null)
    log.write(walk())
    await log.flush()
    await log.close()
    expect(await readdir(folder)).toEqual([])
  })

  it('refuses a size that is none', () => {
    expect(() => createWalkLog(path, { maxBytes: Number.NaN })).toThrow(RangeError)
  })
})

describe('readWalk', () => {
  it('skips lines that are cut or no walks', async () => {
    const log = createWalkLog(path)
    log.write(walk())
    await log.close()
    await appendFile(path, 'r-1\n{"requestId":"r-1"}\n[1]\n{"requestId":"r-1","at":"20')
    expect(await readWalk(path, 'r-1')).toEqual(walk())
  })

  it('takes no part of an id for the id', async () => {
    const log = createWalkLog(path)
    log.write(walk({ requestId: 'r-12' }))
    await log.close()
    expect(await readWalk(path, 'r-1')).toBeNull()
    expect(await readWalk(path, '')).toBeNull()
  })
})
