import { appendFile, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Exchange } from '../../../src/prover/engine/exchange.ts'
import type { CaseResult } from '../../../src/prover/prove.ts'
import { latestRun, openRunFolder, readRunFolder, settledResults } from '../../../src/prover/report/run-folder.ts'
import { sampleRun } from './sample-run.ts'

const exchange = (number: number): Exchange => ({
  number,
  purpose: 'set-up',
  as: 'alice',
  at: '2026-01-01T00:00:00.000Z',
  request: { method: 'GET', url: `http://127.0.0.1/\u001b[2J${number}`, headers: [], body: null },
  response: { status: 200, failure: null, headers: {}, body: '' },
  milliseconds: 1,
})
const result = (id: string, more: Partial<CaseResult> = {}): CaseResult => ({
  id,
  attack: 'object-read',
  operation: 'GET /notes/{noteId}',
  owner: 'alice',
  attacker: 'bob',
  variant: null,
  outcome: 'fail',
  why: 'seen',
  severity: 'critical',
  cause: 'object-read',
  evidence: [1],
  exchanges: [1],
  requests: 1,
  milliseconds: 1,
  ...more,
})

describe('the folder of a run', () => {
  it('is read as it was run, and by its owner only', async () => {
    const { run, path, base } = await sampleRun()
    expect(await latestRun(base)).toBe(path)
    expect(await readRunFolder(path)).toEqual(run)
    expect(run).toMatchObject({ format: 1, runId: 'sample', interrupted: false, plan: { title: 'Notes' } })
    for (const name of ['run.json', 'results.ndjson', 'exchanges.ndjson', 'requests.log'])
      expect((await stat(join(path, name))).mode & 0o077, name).toBe(0)
    expect((await stat(path)).mode & 0o077).toBe(0)
    const all = await readRunFolder(path, 'all')
    expect(all.exchanges.size).toBe(run.requests)
    expect(run.exchanges.size).toBeLessThan(all.exchanges.size)
  })

  it('holds no secret', async () => {
    const { path } = await sampleRun()
    for (const name of ['run.json', 'results.ndjson', 'exchanges.ndjson', 'requests.log'])
      expect(await readFile(join(path, name), 'utf8'), name).not.toMatch(/eyJhbGciOi|Aa1-notes-password/)
    expect(await readFile(join(path, 'exchanges.ndjson'), 'utf8')).toContain('$TOKEN_ALICE')
  })

  it('holds what was appended before a kill, and goes on from there', async () => {
    const { path: whole, base } = await sampleRun()
    const head = {
      ...JSON.parse(await readFile(join(whole, 'run.json'), 'utf8')),
      runId: 'killed',
      startedAt: '2025-12-31T23:59:57.000Z',
    }
    const first = await openRunFolder(base, head)
    first.appendExchange(exchange(1))
    first.appendExchange(exchange(2))
    first.appendResult(result('a', { evidence: [2], exchanges: [1, 2] }))
    first.appendResult(result('b', { outcome: 'inconclusive', why: 'the run was stopped', evidence: [] }))
    // Killed in the middle of a line.
    await appendFile(join(first.path, 'exchanges.ndjson'), '{"number":3,"purp')
    await appendFile(join(first.path, 'results.ndjson'), '{"id":"c"')

    const killed = await readRunFolder(first.path)
    expect(killed).toMatchObject({ interrupted: true, requests: 2, seconds: 3 })
    expect(killed.results.map(({ id }) => id)).toEqual(['a', 'b'])
    expect(settledResults(killed).map(({ id }) => id)).toEqual(['a'])

    const second = await openRunFolder(base, { ...head, startedAt: '2027-01-01T00:00:00.000Z' })
    // A continued run is told what it knows once more.
    for (const each of settledResults(killed)) second.appendResult(each)
    second.appendExchange(exchange(1))
    second.appendResult(result('b', { evidence: [1] }))
    const ended = await second.finish({
      runId: 'killed',
      seed: 1,
      startedAt: '2027-01-01T00:00:00.000Z',
      endedAt: '2027-01-01T00:00:01.000Z',
      requests: 1,
      firstFindingSeconds: null,
      interrupted: false,
      results: [...settledResults(killed), result('b', { evidence: [1] }), result('d', { outcome: 'not-tested' })],
    })
    // The year between is no part of the run.
    expect(ended).toMatchObject({ startedAt: head.startedAt, requests: 3, seconds: 4, interrupted: false })
    expect(ended.results.map(({ id, outcome, evidence }) => [id, outcome, evidence])).toEqual([
      ['a', 'fail', [2]],
      ['b', 'fail', [3]],
      ['d', 'not-tested', [3]],
    ])
    expect([...ended.exchanges.keys()]).toEqual([2, 3])
  })

  it('keeps a log of requests that steers no terminal', async () => {
    const { path, base } = await sampleRun()
    const folder = await openRunFolder(base, {
      ...JSON.parse(await readFile(join(path, 'run.json'), 'utf8')),
      runId: 'log',
    })
    folder.appendExchange(exchange(1))
    expect(await readFile(join(folder.path, 'requests.log'), 'utf8')).toBe(
      '2026-01-01T00:00:00.000Z 1 GET http://127.0.0.1/\\u{1b}[2J1 200 1ms alice "set-up"\n',
    )
  })

  it('is refused for a name that leaves the base, and for a folder without a run', async () => {
    const { path, base } = await sampleRun()
    const head = JSON.parse(await readFile(join(path, 'run.json'), 'utf8'))
    await expect(openRunFolder(base, { ...head, runId: '../x' })).rejects.toThrow(TypeError)
    await expect(readRunFolder(base)).rejects.toThrow('there is no run.json')
    expect(await latestRun(join(base, 'nothing'))).toBeNull()
  })
})
