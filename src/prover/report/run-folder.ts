import { closeSync, existsSync, mkdirSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs'
import { open, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { replacePrivateFile } from '../../base/private-file.ts'
import type { Exchange } from '../engine/exchange.ts'
import type { CaseResult, ProveResult } from '../prove.ts'
import { STOPPED } from '../verdict.ts'
import type { RunEnd, RunHead, RunRecord } from './run-record.ts'
import { visible } from './visible.ts'

/** A run that is being written. Lines go to the files at once, so that killing the process loses none that was appended. */
export interface RunFolder {
  readonly path: string
  appendExchange(exchange: Exchange): void
  appendResult(result: CaseResult): void
  /** Adds what was decided without a case being run, writes how it ended, and gives the whole record. */
  finish(result: ProveResult): Promise<RunRecord>
}

/**
 * Opens `<base>/<runId>/` for its owner only, and writes `run.json`.
 * A folder that is there already is continued: exchanges are numbered on from its last.
 * @throws {TypeError} When the run's id is no plain name, or the folder holds another run.
 */
export async function openRunFolder(base: string, head: RunHead): Promise<RunFolder> {
  if (!/^[\w-]{1,100}$/.test(head.runId))
    throw new TypeError(`the run id "${head.runId}" names no folder; use letters, digits, - and _`)
  const path = join(base, head.runId)
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const earlier = await readHead(path).catch(() => null)
  const before = earlier === null ? null : await readRunFolder(path)
  // The first start of a continued run stays its start.
  const kept = earlier === null ? head : { ...head, startedAt: earlier.startedAt }
  const offset = lastNumber(wholeLines(join(path, 'exchanges.ndjson')))
  // A continued run is told its earlier results once more: the same line is not written twice.
  const written = new Set(wholeLines(join(path, 'results.ndjson')).split('\n'))
  const exchanges = openLines(join(path, 'exchanges.ndjson'))
  const results = openLines(join(path, 'results.ndjson'))
  const log = openLines(join(path, 'requests.log'))
  await replacePrivateFile(join(path, 'run.json'), `${JSON.stringify({ ...kept, end: null }, null, 2)}\n`)
  const moved = (numbers: readonly number[]) => numbers.map((number) => number + offset)
  const appendResult = (result: CaseResult) => {
    const line = JSON.stringify(result)
    if (written.has(line)) return
    written.add(line)
    results.append(JSON.stringify({ ...result, evidence: moved(result.evidence), exchanges: moved(result.exchanges) }))
  }
  return {
    path,
    appendExchange(exchange) {
      const numbered = { ...exchange, number: exchange.number + offset }
      exchanges.append(JSON.stringify(numbered))
      log.append(logLine(numbered))
    },
    appendResult,
    async finish(result) {
      for (const each of result.results) appendResult(each)
      for (const file of [exchanges, results, log]) file.close()
      const { endedAt, firstFindingSeconds, interrupted } = result
      const end: RunEnd = {
        endedAt,
        requests: result.requests + offset,
        seconds: (before?.seconds ?? 0) + secondsBetween(result.startedAt, endedAt),
        firstFindingSeconds: before?.firstFindingSeconds ?? firstFindingSeconds,
        interrupted,
      }
      await replacePrivateFile(join(path, 'run.json'), `${JSON.stringify({ ...kept, end }, null, 2)}\n`)
      return readRunFolder(path)
    },
  }
}

/**
 * Reads a run that ended, was stopped, or was killed: what was lost of a last line is left out.
 * @param which - `evidence`: the exchanges that findings and what was inconclusive refer to; `all` of them for an export.
 * @throws {TypeError} When the folder holds no run that this version reads.
 */
export async function readRunFolder(path: string, which: 'evidence' | 'all' = 'evidence'): Promise<RunRecord> {
  const { end, ...head } = await readHead(path)
  const results = lastOfEach(parseLines<CaseResult>(await readFile(join(path, 'results.ndjson'), 'utf8')))
  const wanted = new Set(
    results.flatMap(({ outcome, evidence }) => (outcome === 'fail' || outcome === 'inconclusive' ? evidence : [])),
  )
  const exchanges = new Map<number, Exchange>()
  let requests = 0
  let last = head.startedAt
  const file = await open(join(path, 'exchanges.ndjson'), 'r')
  for await (const line of file.readLines()) {
    const exchange = parsed<Exchange>(line)
    if (exchange === null) continue
    requests++
    last = exchange.at
    if (which === 'all' || wanted.has(exchange.number)) exchanges.set(exchange.number, exchange)
  }
  const seconds = secondsBetween(head.startedAt, last)
  const known = end ?? { endedAt: last, requests, seconds, firstFindingSeconds: null, interrupted: true }
  return { ...head, ...known, results, exchanges }
}

/** The folder of the run that began last; null where there is none. */
export async function latestRun(base: string): Promise<string | null> {
  const names = await readdir(base).catch(() => [] as string[])
  const runs = await Promise.all(
    names.map(async (name) => {
      const path = join(base, name)
      const head = await readHead(path).catch(() => null)
      return head === null ? null : { path, startedAt: head.startedAt }
    }),
  )
  const sorted = runs.filter((run) => run !== null).sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1))
  return sorted.at(-1)?.path ?? null
}

/** Results that a continued run need not repeat: all but those that only the stop or the request cap left open. */
export const settledResults = ({ results }: RunRecord): readonly CaseResult[] =>
  results.filter(
    ({ outcome, why }) =>
      outcome === 'pass' ||
      outcome === 'fail' ||
      !(why.includes(STOPPED) || /the cap of \d+ requests is reached/.test(why)),
  )

async function readHead(path: string): Promise<RunHead & { readonly end: RunEnd | null }> {
  const file = join(path, 'run.json')
  if (!(await stat(file).catch(() => null))) throw new TypeError(`${path} holds no run: there is no run.json`)
  const head = JSON.parse(await readFile(file, 'utf8')) as RunHead & { readonly end: RunEnd | null }
  if (head.format !== 1)
    throw new TypeError(`${file} has format ${String(head.format)}; this version of turnpike reads format 1`)
  return head
}

interface Lines {
  append(line: string): void
  close(): void
}

function openLines(path: string): Lines {
  const file = openSync(path, 'a', 0o600)
  return { append: (line) => void writeSync(file, `${line}\n`), close: () => closeSync(file) }
}

/** What a file holds already; half a line, which a killed run may have left, is cut off. */
function wholeLines(path: string): string {
  if (!existsSync(path)) return ''
  const text = readFileSync(path, 'utf8')
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  if (whole !== text) truncateSync(path, Buffer.byteLength(whole))
  return whole
}

function parsed<T>(line: string): T | null {
  try {
    return JSON.parse(line) as T
  } catch {
    return null
  }
}

const parseLines = <T>(text: string): readonly T[] =>
  text.split('\n').flatMap((line) => {
    const value = line === '' ? null : parsed<T>(line)
    return value === null ? [] : [value]
  })

const secondsBetween = (from: string, to: string): number => Math.max(0, Date.parse(to) - Date.parse(from)) / 1000

const lastNumber = (text: string): number => parseLines<Exchange>(text).at(-1)?.number ?? 0

const keyOf = ({ id, outcome, why }: CaseResult): string => (outcome === 'not-tested' ? `${id} ${why}` : id)

/** A case that was repeated when the run was continued counts with its last result. */
function lastOfEach(results: readonly CaseResult[]): readonly CaseResult[] {
  const tried = new Set(results.filter(({ outcome }) => outcome !== 'not-tested').map(({ id }) => id))
  const ended = new Set(results.filter(({ why }) => why !== STOPPED).map(({ id }) => id))
  const last = new Map<string, CaseResult>()
  for (const result of results) {
    const isOvertaken = tried.has(result.id) || (result.why === STOPPED && ended.has(result.id))
    if (result.outcome !== 'not-tested' || !isOvertaken) last.set(keyOf(result), result)
  }
  return [...last.values()]
}

const logLine = ({ number, at, as, purpose, request, response, milliseconds }: Exchange): string =>
  visible(
    `${at} ${number} ${request.method} ${request.url} ${response.failure ?? response.status} ${milliseconds}ms ${as} "${purpose}"`,
  )
