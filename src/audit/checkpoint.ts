import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { Head } from './chain.ts'
import { type Checkpoint, checkpointText, parseCheckpoints } from './checkpoint-line.ts'

const KEEP_LINES = 10_000

/** Signs checkpoints with a key that is not in the database. */
export interface CheckpointSigner {
  sign(text: string): { readonly kid: string; readonly signature: string }
  verify(text: string, kid: string, signature: string): boolean
  /** Whether the key is at hand: a signature under a retired one can be neither confirmed nor refuted. */
  knows(kid: string): boolean
}

export interface NodeHead extends Head {
  readonly node: string
}

/** Where the log says how far its chain has come. */
export interface CheckpointSink {
  /** A newer head has committed. Signs it when a checkpoint is due. Returns at once, never throws. */
  advance(head: NodeHead): void
  /** Signs this head now. */
  seal(head: NodeHead): Promise<void>
  /** The newest checkpoint of a node, or null. */
  newest(node: string): Promise<Checkpoint | null>
  /** Signs what is not signed yet. */
  close(): Promise<void>
}

export interface CheckpointFileOptions {
  /** NDJSON, mode 0600; its folder is made when absent. Best on another disk or machine than the database. */
  readonly path: string
  readonly signer: CheckpointSigner
  readonly clock: Clock
  /** Called when a checkpoint could not be written; the next one is tried when it is due. */
  readonly onFailure: (error: unknown) => void
  /** A checkpoint after this many records (default 1,000) … */
  readonly everyRecords?: number
  /** … or seconds (default 60), whichever is first. */
  readonly everySeconds?: number
  /** Lines that are kept when the file is compacted, beside one a day and node (default 10,000). */
  readonly keepLines?: number
}

/** Checkpoints in a file, one line each, durable before the next. @throws {RangeError} For a bound that is not above 0. */
export function checkpointFile(options: CheckpointFileOptions): CheckpointSink {
  return new CheckpointFile(options)
}

class CheckpointFile implements CheckpointSink {
  readonly #path: string
  readonly #signer: CheckpointSigner
  readonly #clock: Clock
  readonly #onFailure: (error: unknown) => void
  readonly #everyRecords: number
  readonly #everySeconds: number
  readonly #keepLines: number
  readonly #signed = new Map<string, number>()
  readonly #pending = new Map<string, NodeHead>()
  /** Writes happen one after another. */
  #line: Promise<unknown> = Promise.resolve()
  #file: FileHandle | null = null
  #lines = 0
  #timer: NodeJS.Timeout | null = null
  #closed = false

  constructor(options: CheckpointFileOptions) {
    const { path, signer, clock, onFailure, everyRecords = 1_000, everySeconds = 60, keepLines = KEEP_LINES } = options
    for (const [name, value] of Object.entries({ everyRecords, everySeconds, keepLines })) {
      if (!(value > 0 && value < 2 ** 31 / 1000))
        throw new RangeError(`checkpointFile: ${name} must be above 0, not ${value}`)
    }
    this.#path = path
    this.#signer = signer
    this.#clock = clock
    this.#onFailure = onFailure
    this.#everyRecords = everyRecords
    this.#everySeconds = everySeconds
    this.#keepLines = keepLines
  }

  advance(head: NodeHead): void {
    if (this.#closed) return
    this.#pending.set(head.node, head)
    const unsigned = head.seq - (this.#signed.get(head.node) ?? 0)
    if (unsigned >= this.#everyRecords) this.#signPending()
    else this.#timer ??= setTimeout(this.#signPending, this.#everySeconds * 1000).unref()
  }

  async seal(head: NodeHead): Promise<void> {
    this.#pending.set(head.node, head)
    await this.#inTurn(() => this.#writePending())
  }

  async newest(node: string): Promise<Checkpoint | null> {
    return this.#inTurn(async () => {
      const { checkpoints } = await readCheckpoints(this.#path)
      return (
        checkpoints.findLast((checkpoint) => checkpoint.node === node && isGenuine(checkpoint, this.#signer)) ?? null
      )
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#timer) clearTimeout(this.#timer)
    await this.#inTurn(async () => {
      try {
        await this.#writePending()
      } finally {
        await this.#file?.close()
        this.#file = null
      }
    })
  }

  readonly #signPending = (): void => {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    // Not sooner again when this one fails.
    for (const { node, seq } of this.#pending.values()) this.#signed.set(node, seq)
    this.#inTurn(() => this.#writePending()).catch(this.#onFailure)
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const turn = this.#line.then(step)
    this.#line = turn.catch(() => {})
    return turn
  }

  async #writePending(): Promise<void> {
    const heads = [...this.#pending.values()]
    if (heads.length === 0) return
    this.#file ??= await this.#open()
    const at = new Date(this.#clock.now()).toISOString()
    const lines = heads.map(({ node, seq, hash }) => {
      const { kid, signature } = this.#signer.sign(checkpointText({ node, seq, hash, at }))
      return `${JSON.stringify({ node, seq, hash, at, kid, signature })}\n`
    })
    await this.#write(this.#file, lines.join(''))
    this.#lines += lines.length
    for (const head of heads) {
      this.#signed.set(head.node, Math.max(head.seq, this.#signed.get(head.node) ?? 0))
      if (this.#pending.get(head.node) === head) this.#pending.delete(head.node)
    }
    if (this.#lines > 2 * this.#keepLines) await this.#compact()
  }

  async #write(file: FileHandle, text: string): Promise<void> {
    try {
      await file.appendFile(text)
      await file.datasync()
    } catch (error) {
      // Half a line may stand there; opening the file again cuts it off.
      this.#file = null
      await file.close().catch(() => {})
      throw error
    }
  }

  async #open(): Promise<FileHandle> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 })
    const file = await open(this.#path, 'a+', 0o600)
    try {
      const bytes = await file.readFile()
      const whole = bytes.lastIndexOf(0x0a) + 1
      // A line that a crash tore was never counted on.
      if (whole < bytes.byteLength) await file.truncate(whole)
      this.#lines = bytes.filter((byte) => byte === 0x0a).byteLength
      return file
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** Keeps the newest lines and the last one of each day and node before them; a crash leaves the old file or the new one. */
  async #compact(): Promise<void> {
    const lines = (await readFile(this.#path, 'utf8')).split('\n').filter((line) => line !== '')
    const newest = lines.slice(-this.#keepLines)
    const daily = new Map<string, string>()
    for (const line of lines.slice(0, -this.#keepLines)) daily.set(dayOf(line), line)
    const kept = [...daily.values(), ...newest]
    const draft = `${this.#path}.${process.pid}.tmp`
    try {
      const file = await open(draft, 'w', 0o600)
      try {
        await file.writeFile(`${kept.join('\n')}\n`)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(draft, this.#path)
    } finally {
      await rm(draft, { force: true })
    }
    await this.#file?.close()
    this.#file = null
    this.#lines = kept.length
  }
}

/** A damaged line is evidence and stays, under a key of its own. */
function dayOf(line: string): string {
  const [checkpoint] = parseCheckpoints(`${line}\n`).checkpoints
  return checkpoint ? `${checkpoint.node} ${checkpoint.at.slice(0, 10)}` : line
}

/** Whether a signature is by one of the keys at hand. */
export function isGenuine(checkpoint: Checkpoint, signer: CheckpointSigner): boolean {
  return signer.verify(checkpointText(checkpoint), checkpoint.kid, checkpoint.signature)
}

/** What a checkpoint file holds, oldest first; `damaged` are the numbers of lines that are none. No file is an empty one. */
export async function readCheckpoints(path: string): Promise<ReturnType<typeof parseCheckpoints>> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  return parseCheckpoints(text)
}
