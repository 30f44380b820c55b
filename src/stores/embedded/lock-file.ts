import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { linkSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { StoreError } from '../../base/store-error.ts'

/** Who holds a folder. A pid alone says little: pids are used again, and each container counts from 1. */
interface Holder {
  readonly pid: number
  /** When the process started, as the system tells it; null where it does not. */
  readonly started: string | null
  readonly host: string
  /** Which boot of the machine, and which namespace of pids. Null where the system has none. */
  readonly boot: string | null
  readonly pids: string | null
  readonly token: string
}

export interface LockFile {
  release(): void
}

/**
 * Takes `path` for this process: two processes in one folder would lose each other's data. The lock of a process that is surely dead is
 * taken over; whatever is not sure counts as alive.
 * @throws {StoreError} When somebody holds it; the message names the process and the file.
 */
export function takeLock(path: string): LockFile {
  const self = describeSelf()
  if (!place(path, self)) {
    const holder = read(path)
    if (holder !== null) requireDead(path, holder)
    takeOver(path, self)
  }
  return {
    release: () => {
      if (read(path)?.token === self.token) rmSync(path, { force: true })
    },
  }
}

/** Writes the whole lock beside it and links it into place: it appears complete, or somebody else's is there. */
function place(path: string, holder: Holder): boolean {
  const draft = `${path}.${holder.pid}.${holder.token}`
  writeFileSync(draft, `${JSON.stringify(holder)}\n`, { flag: 'wx', mode: 0o600 })
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw new StoreError(`the lock file ${path} could not be made`, { cause: error })
  } finally {
    rmSync(draft, { force: true })
  }
}

/** One at a time: of two that saw the same dead holder, the slower would remove the faster one's new lock. */
function takeOver(path: string, self: Holder): void {
  const right = `${path}.takeover`
  if (!place(right, self)) throw inUse(right, read(right))
  try {
    const holder = read(path)
    if (holder !== null) requireDead(path, holder)
    rmSync(path, { force: true })
    if (!place(path, self)) throw inUse(path, read(path))
  } finally {
    rmSync(right, { force: true })
  }
}

function requireDead(path: string, holder: Holder): void {
  if (!isDead(holder)) throw inUse(path, holder)
}

function isDead(holder: Holder): boolean {
  const self = describeSelf()
  if (holder.host !== self.host) return false
  if (holder.boot !== self.boot) return true
  if (holder.pids !== self.pids) return false
  if (!exists(holder.pid)) return true
  const started = startOf(holder.pid)
  return started !== null && holder.started !== null && started !== holder.started
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

function describeSelf(): Holder {
  return {
    pid: process.pid,
    started: startOf(process.pid),
    host: hostname(),
    boot: orNull(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    pids: orNull(() => readlinkSync('/proc/self/ns/pid')),
    token: randomBytes(12).toString('hex'),
  }
}

function startOf(pid: number): string | null {
  if (process.platform === 'linux') {
    // Field 22 of stat(5). The name before it is in parentheses and may hold anything.
    return orNull(() => readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, '').trim().split(' ')[19] ?? null)
  }
  if (process.platform === 'win32') return null
  return orNull(() =>
    execFileSync('/bin/ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', timeout: 5000 }).trim(),
  )
}

function orNull<T>(attempt: () => T): T | null {
  try {
    return attempt()
  } catch {
    return null
  }
}

/** @returns Null when there is none. @throws {StoreError} When it is none of ours. */
function read(path: string): Holder | null {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new StoreError(`the lock file ${path} could not be read`, { cause: error })
  }
  const holder = orNull(() => JSON.parse(text) as Holder)
  if (Number.isInteger(holder?.pid) && typeof holder?.token === 'string') return holder
  throw new StoreError(`the lock file ${path} is damaged: if no process uses the folder, remove the file`)
}

function inUse(path: string, holder: Holder | null): StoreError {
  const who =
    holder === null
      ? 'another process'
      : `process ${holder.pid}${holder.host === hostname() ? '' : ` on ${holder.host}`}`
  return new StoreError(`the data folder is in use by ${who}: end it first. If it is surely gone, remove ${path}`)
}
