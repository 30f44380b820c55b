import { type Acknowledgements, acknowledge, type JudgedChange, judgeChanges } from '../contract/diff/acknowledge.ts'
import type { Change } from '../contract/diff/change.ts'
import { diffOutlines } from '../contract/diff/diff-documents.ts'
import { formatDiff } from '../contract/diff/format-diff.ts'
import type { Lock } from '../contract/diff/lock.ts'
import { diffSettings } from '../contract/diff/settings-changes.ts'
import { readSide, type Side } from './contract-file.ts'
import { LOCK_FILE, readLockFile, writeLockFile } from './lock-file.ts'
import { terminalPaint } from './terminal-paint.ts'
import { WrongUse, wrongUse } from './wrong-use.ts'

export interface DiffOptions {
  /** Default `turnpike.lock.json`: what one contract is compared with, and where acknowledgements are. */
  readonly lock?: string
  /** Both sides are what servers recorded of their settings. */
  readonly facts?: boolean
  readonly acknowledge?: readonly string[]
  readonly reason?: string
  readonly until?: string
  readonly json?: boolean
}

/**
 * `turnpike diff old new`, or `turnpike diff contract` against the lock file.
 * @returns 0 when nothing is looser without a word that holds, 1 when something is, 2 for wrong use.
 */
export async function runDiff(names: readonly string[], options: DiffOptions, now = new Date()): Promise<number> {
  try {
    const path = options.lock ?? LOCK_FILE
    const lock = await readLockFile(path)
    if (options.lock !== undefined && !lock) throw noLock(path, names.at(-1))
    const changes = await compare(names, options, lock, path)
    const word = await withWord(changes, options, lock, path, now)
    const judged = judgeChanges(changes, word, now)
    print(judged, word, options, names, path)
    return judged.some(({ fails }) => fails) ? 1 : 0
  } catch (error) {
    return wrongUse(error)
  }
}

const noLock = (path: string, name = 'api.ts'): WrongUse =>
  new WrongUse(`there is no lock file "${path}"; write it first: npx turnpike lock ${name} --file ${path}`)

async function compare(
  names: readonly string[],
  { facts = false }: DiffOptions,
  lock: Lock | null,
  path: string,
): Promise<readonly Change[]> {
  const [first, second, ...rest] = names
  if (first === undefined || rest.length > 0)
    throw new WrongUse(`diff takes an old and a new contract, or one to compare with ${path}; it got ${names.length}`)
  const one = await told(first)
  if (second === undefined) {
    if (one.kind === 'facts') throw new WrongUse(`"${first}" holds settings; name those of before and those of now`)
    if (facts) throw new WrongUse('--facts takes two: what servers recorded before and now')
    if (!lock) throw noLock(path, first)
    return diffOutlines(lock.contract, one.outline)
  }
  const other = await told(second)
  if (facts && one.kind !== 'facts')
    throw new WrongUse(`"${first}" holds no settings of a server; name its data folder or its facts.json`)
  if (one.kind === 'contract' && other.kind === 'contract') return diffOutlines(one.outline, other.outline)
  if (one.kind === 'facts' && other.kind === 'facts') return settings(one, other)
  throw new WrongUse(`"${first}" and "${second}" cannot be compared: one is a contract, one the settings of a server`)
}

/** What could not be read is said, not passed over. */
async function told(name: string): Promise<Side> {
  const side = await readSide(name)
  if (side.kind === 'contract' && side.faults.length > 0) {
    const more = side.faults.length > 3 ? ` and ${side.faults.length - 3} more` : ''
    process.stderr.write(`${name}: not everything could be read: ${side.faults.slice(0, 3).join('; ')}${more}\n`)
  }
  return side
}

function settings(one: Extract<Side, { kind: 'facts' }>, other: Extract<Side, { kind: 'facts' }>): readonly Change[] {
  if (!one.facts.callers || !other.facts.callers)
    process.stderr.write('One side was recorded by an older version: origins and trusted proxies are not compared.\n')
  if (!one.facts.identity.tokens || !other.facts.identity.tokens)
    process.stderr.write('One side does not tell how tokens are made: algorithms and lifetime are not compared.\n')
  return diffSettings(one.facts, other.facts)
}

/** The acknowledgements of the lock file, with a new one where it is asked for. */
async function withWord(
  changes: readonly Change[],
  { acknowledge: ids = [], reason, until }: DiffOptions,
  lock: Lock | null,
  path: string,
  now: Date,
): Promise<Acknowledgements> {
  if (ids.length === 0) {
    if (reason !== undefined || until !== undefined)
      throw new WrongUse('--reason and --until belong to --acknowledge <change-id>: say which change is wanted')
    return lock?.acknowledged ?? {}
  }
  if (!lock) throw noLock(path)
  try {
    const acknowledged = acknowledge(lock.acknowledged, changes, { ids, reason, until }, now)
    await writeLockFile(path, { ...lock, acknowledged })
    return acknowledged
  } catch (error) {
    throw error instanceof RangeError ? new WrongUse(error.message, { cause: error }) : error
  }
}

function print(
  judged: readonly JudgedChange[],
  word: Acknowledgements,
  { json = false, acknowledge: ids = [] }: DiffOptions,
  names: readonly string[],
  path: string,
): void {
  const failed = judged.filter(({ fails }) => fails)
  if (json) {
    const report = { format: 1, compared: names, lock: path, failed: failed.length, changes: judged }
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
    return
  }
  process.stdout.write(formatDiff(judged, terminalPaint() ?? undefined))
  if (ids.length > 0) process.stdout.write(`\nWritten to ${path}: ${ids.join(', ')}\n`)
  const over = Object.keys(word).filter((id) => judged.every((each) => each.id !== id))
  if (names.length === 1 && over.length > 0)
    process.stdout.write(`\nAcknowledged, but not there any more: ${over.join(', ')}. \`turnpike lock\` drops them.\n`)
  const [first] = failed
  if (first)
    process.stdout.write(
      `\nWanted? turnpike diff ${names.join(' ')} --acknowledge ${first.id} --reason "…" --until <day>. For good: turnpike lock --loosened.\n`,
    )
}
