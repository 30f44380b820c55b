import { AsyncResource } from 'node:async_hooks'
import type { Clock } from '../base/clock.ts'
import { StoreError } from '../base/store-error.ts'
import { genesis } from './chain.ts'
import { type AuditState, ChainTip } from './chain-tip.ts'
import type { CheckpointSink } from './checkpoint.ts'
import type { AuditEvent, AuditLog } from './event.ts'
import { eventBody } from './event-body.ts'
import { Folding, type Noted } from './fold.ts'

const BATCH = 100
const MAX_BACKOFF_MS = 30_000
const MAX_KINDS = 500
const NODE = /^[\w.:-]{1,100}$/

export interface AuditLogOptions {
  readonly state: AuditState
  /** Name of this process, the same after a restart: its chain goes on. Two processes never share one. */
  readonly node: string
  readonly clock: Clock
  /** Where signed checkpoints go; null for none (a cut tail then goes unseen). */
  readonly checkpoints: CheckpointSink | null
  /** Called when the background could not store something, and when the stored chain contradicts its checkpoints. */
  readonly onFailure: (error: unknown) => void
  /** Noted events that wait at most; more are counted in one `audit.dropped` record (default 10,000). */
  readonly maxQueue?: number
  /** Milliseconds between group commits (default 100). A kill loses what was noted since the last one. */
  readonly flushEvery?: number
  /** How long repeats of one refusal fold into one record (default 60). */
  readonly foldSeconds?: number
}

/**
 * The log of one node: append-only, hash-chained, with signed checkpoints (ASVS 16.4.2).
 * `append` belongs to the caller's unit and should be its last statement: the node's other units wait for the chain until it settles.
 * `note` is stored soon, in groups. Neither `flush` nor `close` may be called inside a unit that has written: they would wait for it.
 * @throws {TypeError | RangeError} For a node name or a bound that cannot be.
 */
export function createAuditLog(options: AuditLogOptions): AuditLog & { start(): Promise<void> } {
  return new ChainedAuditLog(options)
}

class ChainedAuditLog implements AuditLog {
  readonly #state: AuditState
  readonly #node: string
  readonly #clock: Clock
  readonly #checkpoints: CheckpointSink | null
  readonly #onFailure: (error: unknown) => void
  readonly #maxQueue: number
  readonly #flushEvery: number
  readonly #tip: ChainTip
  readonly #folding: Folding
  /** Timers inherit the unit of the request that set them; the background works outside of all units. */
  readonly #outside = new AsyncResource('turnpike-audit')
  /** Bodies as they will be stored: an event that cannot be written fails where it was noted, and stops nobody else's. */
  readonly #queue: string[] = []
  #dropped: { count: number; firstAt: number; lastAt: number } | null = null
  #flushing: Promise<void> | null = null
  #flushTimer: NodeJS.Timeout | null = null
  #foldTimer: NodeJS.Timeout | null = null
  #failures = 0
  #closed = false

  constructor(options: AuditLogOptions) {
    const {
      state,
      node,
      clock,
      checkpoints,
      onFailure,
      maxQueue = 10_000,
      flushEvery = 100,
      foldSeconds = 60,
    } = options
    if (!NODE.test(node))
      throw new TypeError(`The node "${node}" needs a name of 1 to 100 letters, digits, "_", ".", ":" or "-"`)
    assertPositive({ maxQueue, flushEvery, foldSeconds })
    this.#state = state
    this.#node = node
    this.#clock = clock
    this.#checkpoints = checkpoints
    this.#onFailure = onFailure
    this.#maxQueue = maxQueue
    this.#flushEvery = flushEvery
    this.#folding = new Folding(foldSeconds, MAX_KINDS)
    this.#tip = new ChainTip(state, node, (head) => checkpoints?.advance({ node, ...head }))
  }

  /**
   * Compares the stored chain with its newest checkpoint and signs where it stands now. A contradiction is an `audit.contradicted` record
   * and a call of `onFailure`; the log goes on, as a log that stops would hide what comes next.
   * @throws {StoreError} When the store cannot answer. @throws {TypeError} When the store cannot back a chain.
   */
  async start(): Promise<void> {
    await this.#assertOrderOfLocks()
    const contradiction = await this.#contradiction()
    if (contradiction !== null) {
      this.#onFailure(new Error(contradiction))
      await this.append(ownEvent('audit.contradicted', contradiction))
    }
    // A new chain is vouched for too: without any checkpoint, a chain looks like one whose checkpoints were removed.
    const head = (await this.#state.audit.head(this.#node)) ?? genesis(this.#node)
    await this.#checkpoints?.seal({ node: this.#node, ...head })
  }

  append(event: AuditEvent): Promise<void> {
    if (this.#closed) return Promise.reject(new StoreError('the audit log is closed'))
    return this.#tip.append([eventBody(event, this.#clock.now())])
  }

  note(event: AuditEvent): void {
    try {
      if (this.#closed) throw new StoreError(`the audit log is closed: "${event.type}" was not recorded`)
      const at = this.#clock.now()
      this.#enqueue(this.#folding.expired(at))
      const kept = this.#folding.take(event, at)
      if (kept) this.#enqueue([{ event: kept, at }])
      this.#schedule()
    } catch (error) {
      this.#fail(error)
    }
  }

  async flush(): Promise<void> {
    if (this.#state.inOpenTransaction()) {
      throw new TypeError('flush() inside a unit that has written would wait for it; call it after the unit')
    }
    this.#enqueue(this.#folding.drain())
    await this.#outside.runInAsyncScope(async () => {
      // A flush that is under way may have begun before the newest event.
      while (this.#flushing || this.#queue.length > 0 || this.#dropped) await this.#flushQueue()
    })
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const timer of [this.#flushTimer, this.#foldTimer]) if (timer) clearTimeout(timer)
    try {
      await this.flush()
    } finally {
      await this.#checkpoints?.close()
    }
  }

  #enqueue(events: readonly Noted[]): void {
    for (const noted of events) {
      if (this.#queue.length < this.#maxQueue) this.#queue.push(eventBody(noted.event, noted.at, noted.repeats))
      else this.#drop(noted)
    }
  }

  #drop({ at, repeats }: Noted): void {
    const { count, firstAt } = this.#dropped ?? { count: 0, firstAt: repeats?.firstAt ?? at }
    this.#dropped = { count: count + (repeats?.count ?? 1), firstAt, lastAt: at }
  }

  #schedule(): void {
    if (this.#closed) return
    if (this.#folding.open > 0) this.#foldTimer ??= this.#timer(this.#folding.milliseconds, this.#onFoldTimer)
    if (this.#queue.length === 0) return
    // While the store fails, a full batch is no reason to ask it more often.
    if (this.#queue.length >= BATCH && this.#failures === 0 && !this.#flushing) this.#inBackground()
    else this.#flushTimer ??= this.#timer(this.#pauseMs(), this.#onFlushTimer)
  }

  readonly #onFlushTimer = (): void => {
    this.#flushTimer = null
    this.#inBackground()
  }

  readonly #onFoldTimer = (): void => {
    this.#foldTimer = null
    this.#enqueue(this.#folding.expired(this.#clock.now()))
    this.#schedule()
  }

  #timer(milliseconds: number, run: () => void): NodeJS.Timeout {
    // A waiting log keeps no process alive: close() writes what is left.
    return setTimeout(run, milliseconds).unref()
  }

  #pauseMs(): number {
    return Math.min(this.#flushEvery * 2 ** Math.min(this.#failures, 20), Math.max(MAX_BACKOFF_MS, this.#flushEvery))
  }

  #inBackground(): void {
    this.#outside
      .runInAsyncScope(() => this.#flushQueue())
      .catch((error: unknown) => this.#fail(error))
      .finally(() => this.#schedule())
  }

  /** One flush at a time; whoever comes meanwhile waits for the same one. */
  #flushQueue(): Promise<void> {
    this.#flushing ??= this.#storeQueue().finally(() => {
      this.#flushing = null
    })
    return this.#flushing
  }

  async #storeQueue(): Promise<void> {
    while (this.#queue.length > 0 || this.#dropped) {
      this.#makeRoomForDropped()
      const batch = this.#queue.slice(0, BATCH)
      try {
        await this.#tip.append(batch)
      } catch (error) {
        this.#failures += 1
        throw error
      }
      // Only now: until they are stored they wait in the queue.
      this.#queue.splice(0, batch.length)
      this.#failures = 0
    }
  }

  /** The record of lost events stands behind those that were kept. */
  #makeRoomForDropped(): void {
    if (!this.#dropped || this.#queue.length >= this.#maxQueue) return
    this.#queue.push(eventBody(ownEvent('audit.dropped', 'the queue was full'), this.#clock.now(), this.#dropped))
    this.#dropped = null
  }

  /** A chain taken before the database would deadlock with an embedded store; see ChainTip. */
  async #assertOrderOfLocks(): Promise<void> {
    await this.#state.transaction(async () => {
      await this.#state.audit.append([])
      if (!this.#state.inOpenTransaction()) {
        throw new TypeError(
          'The store must begin its transaction on audit.append([]); otherwise units of work deadlock on the audit log',
        )
      }
    })
  }

  async #contradiction(): Promise<string | null> {
    const known = await this.#checkpoints?.newest(this.#node)
    if (!known || known.seq === 0) return null
    const [record] = await this.#state.audit.read(this.#node, known.seq - 1, 1)
    if (record?.seq === known.seq && record.hash === known.hash) return null
    const what = record?.seq === known.seq ? 'another record' : 'no record'
    return `The audit log of node ${this.#node} has ${what} at number ${known.seq}, which a checkpoint of ${known.at} vouches for; run: turnpike audit verify`
  }

  #fail(error: unknown): void {
    try {
      this.#onFailure(error)
    } catch (cause) {
      process.emitWarning(`onFailure of the audit log threw: ${String(cause)}`, { code: 'TURNPIKE_AUDIT' })
    }
  }
}

function ownEvent(type: string, detail: string): AuditEvent {
  return {
    type,
    outcome: 'failed',
    requestId: null,
    principal: 'turnpike',
    tenant: null,
    addressKey: '',
    endpoint: null,
    code: null,
    detail,
    objects: [],
    facts: {},
  }
}

function assertPositive(bounds: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(bounds)) {
    if (!(value > 0 && Number.isFinite(value)))
      throw new RangeError(`createAuditLog: ${name} must be a number above 0, not ${value}`)
  }
}
