import { type FileHandle, mkdir, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { redact } from './redact.ts'

const MAX_WAITING_CHARS = 1024 * 1024
const MAX_WALK_CHARS = 16 * 1024
const FLUSH_MS = 1_000

/** One step of a request's walk: what it found out, or why it refused. */
export interface WalkStep {
  /** Name of the guard: `transport`, `identity`, `object` … */
  readonly step: string
  readonly established: string
  readonly milliseconds: number
}

/** How one request walked through the pipeline, for `turnpike explain`. Names and ids only. */
export interface WalkRecord {
  readonly requestId: string
  /** UTC, ISO 8601. */
  readonly at: string
  readonly method: string
  /** Values in a query are left out when it is written. */
  readonly path: string
  readonly addressKey: string
  /** Issuer and subject. */
  readonly principal: string
  readonly endpoint: string | null
  readonly status: number
  /** Public code of the refusal; null when the request was served. */
  readonly code: string | null
  /** Private reason of the refusal. */
  readonly detail: string | null
  readonly steps: readonly WalkStep[]
}

export interface Walks {
  /** Returns at once and never throws; what does not fit in memory is counted and left out. */
  write(walk: WalkRecord): void
  /** Never throws: a walk that cannot be written waits for the next time. */
  flush(): Promise<void>
  close(): Promise<void>
}

export interface WalkLogOptions {
  /** Size at which the file becomes the older of two generations (default 5 MiB). */
  readonly maxBytes?: number
}

/**
 * Writes walks to a file of its owner's own (NDJSON, 0600), in two generations: `walks.ndjson` and `walks.1.ndjson`.
 * @param path - Null for none: every call does nothing. @throws {RangeError} For a size that is not above 0.
 */
export function createWalkLog(path: string | null, { maxBytes = 5 * 1024 * 1024 }: WalkLogOptions = {}): Walks {
  if (!(maxBytes > 0)) throw new RangeError(`createWalkLog: maxBytes must be above 0, not ${maxBytes}`)
  return path === null ? NO_WALKS : new WalkFile(path, maxBytes)
}

/** Where the older generation of a walk file is. */
export function olderGeneration(path: string): string {
  return path.replace(/(\.[^./\\]*)?$/, '.1$1')
}

const NO_WALKS: Walks = { write() {}, flush: async () => {}, close: async () => {} }

class WalkFile implements Walks {
  readonly #path: string
  readonly #maxBytes: number
  #waiting: string[] = []
  #waitingChars = 0
  #left = 0
  #file: FileHandle | null = null
  #bytes = 0
  #timer: NodeJS.Timeout | null = null
  #line: Promise<void> = Promise.resolve()
  #closed = false

  constructor(path: string, maxBytes: number) {
    this.#path = path
    this.#maxBytes = maxBytes
  }

  write(walk: WalkRecord): void {
    const line = this.#closed ? null : walkLine(walk)
    if (line === null) return
    if (this.#waitingChars + line.length > MAX_WAITING_CHARS) this.#left += 1
    else {
      this.#waiting.push(line)
      this.#waitingChars += line.length
    }
    this.#timer ??= setTimeout(this.#onTimer, FLUSH_MS).unref()
  }

  flush(): Promise<void> {
    this.#line = this.#line.then(() => this.#store()).catch(() => this.#forgetFile())
    return this.#line
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#timer) clearTimeout(this.#timer)
    await this.flush()
    await this.#forgetFile()
  }

  readonly #onTimer = (): void => {
    this.#timer = null
    void this.flush()
  }

  async #store(): Promise<void> {
    if (this.#waiting.length === 0) return
    const lines = this.#waiting
    const left = this.#left
    const bytes = Buffer.from(lines.join('') + (left > 0 ? `${JSON.stringify({ leftOut: left })}\n` : ''))
    await this.#openFor(bytes.byteLength)
    await this.#file?.appendFile(bytes)
    this.#bytes += bytes.byteLength
    this.#waiting = this.#waiting.slice(lines.length)
    this.#waitingChars = this.#waiting.reduce((chars, line) => chars + line.length, 0)
    this.#left -= left
  }

  async #openFor(bytes: number): Promise<void> {
    if (!this.#file) {
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 })
      this.#file = await open(this.#path, 'a', 0o600)
      this.#bytes = (await this.#file.stat()).size
    }
    if (this.#bytes === 0 || this.#bytes + bytes <= this.#maxBytes) return
    await this.#forgetFile()
    await rename(this.#path, olderGeneration(this.#path))
    await this.#openFor(bytes)
  }

  async #forgetFile(): Promise<void> {
    const file = this.#file
    this.#file = null
    await file?.close().catch(() => {})
  }
}

/** Null for what JSON cannot hold or what is too long even without its steps: a log of walks must not fail a request. */
function walkLine(walk: WalkRecord): string | null {
  try {
    const written = { ...walk, path: withoutQueryValues(walk.path) }
    const line = redact(`${JSON.stringify(written)}\n`)
    if (line.length <= MAX_WALK_CHARS) return line
    const short = redact(
      `${JSON.stringify({ ...written, path: written.path.slice(0, 1000), detail: null, steps: [] })}\n`,
    )
    return short.length <= MAX_WALK_CHARS ? short : null
  } catch {
    return null
  }
}

function withoutQueryValues(path: string): string {
  const start = path.indexOf('?')
  return start < 0 ? path : path.slice(0, start) + path.slice(start).replace(/=[^&]*/g, '=…')
}
