import type { KeyObject } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { Refusal } from '../base/refusal.ts'
import { StoreError } from '../base/store-error.ts'
import { type CachedKey, DataKeyCache } from './data-key-cache.ts'
import type { WrappedKey, Wrapper } from './wrap.ts'

const REWRAP_PAGE = 500

/** Where wrapped data keys live. Every method may throw StoreError. */
export interface DataKeyStore {
  load(subjects: readonly string[]): Promise<readonly WrappedKey[]>
  /** Keeps the first writer. @returns What is stored. Null for a destroyed subject: it gets no new key. */
  insertIfAbsent(key: WrappedKey): Promise<WrappedKey | null>
  /** @returns False when the stored key is not wrapped under `expectedKid`. */
  replace(key: WrappedKey, expectedKid: string): Promise<boolean>
  destroy(subject: string): Promise<void>
  /** Ordered by subject, after the given one. */
  list(after: string | null, limit: number): Promise<readonly WrappedKey[]>
}

/** The part of the state that tells whether a key could still be rolled back. */
export interface OpenTransactions {
  inOpenTransaction(): boolean
  onSettled(hook: (committed: boolean) => void): void
}

export interface DataKeysOptions {
  readonly store: DataKeyStore
  readonly wrapper: Wrapper
  readonly cacheSize: number
  readonly cacheSeconds: number
  readonly clock: Clock
  readonly transactions: OpenTransactions | null
}

/**
 * One random 256-bit key a subject. To destroy it is to destroy everything sealed under it, in backups too.
 * Opening never makes a key; only sealing does.
 */
export class DataKeys {
  readonly #options: DataKeysOptions
  readonly #cache: DataKeyCache
  /** For each answer still awaited: the subjects destroyed meanwhile, whose keys it must not bring back. */
  readonly #awaited = new Set<Set<string>>()

  constructor(options: DataKeysOptions) {
    this.#options = options
    this.#cache = new DataKeyCache(options.cacheSize)
  }

  /** @throws {Refusal} When the subject was destroyed. */
  async forSealing(subject: string): Promise<KeyObject> {
    const cached = this.#fresh(subject)
    // An unsettled key may vanish with another request's transaction, so it seals nothing before the store has confirmed it to this one.
    if (cached?.settled) return cached.key
    return (await this.#load(subject)) ?? (await this.#create(subject))
  }

  /** Null when the subject has no key: it was destroyed, or nothing was ever sealed for it. */
  async forOpening(subject: string): Promise<KeyObject | null> {
    const cached = this.#fresh(subject)
    return cached ? cached.key : this.#load(subject)
  }

  /** @throws {RangeError} For more subjects than the cache holds. */
  async preload(subjects: readonly string[]): Promise<void> {
    const wanted = new Set(subjects)
    if (wanted.size > this.#cache.size) {
      throw new RangeError(
        `${wanted.size} subjects do not fit into a key cache of ${this.#cache.size}; raise cacheSize`,
      )
    }
    const missing = [...wanted].filter((subject) => this.#fresh(subject) === null)
    if (missing.length > 0) await this.#learn(missing, () => this.#options.store.load(missing))
  }

  /** What `preload` left: a key, null for none, undefined when it was not preloaded. */
  preloaded(subject: string): KeyObject | null | undefined {
    return this.#cache.get(subject)?.key
  }

  async destroy(subject: string): Promise<void> {
    const { store, transactions } = this.#options
    try {
      await store.destroy(subject)
    } finally {
      // A failure may have come after the deed.
      this.#forget(subject)
    }
    // Until the commit, other requests still read the old key; what they cached goes too.
    if (transactions?.inOpenTransaction()) transactions.onSettled(() => this.#forget(subject))
  }

  /**
   * Wraps every key under the active key of the ring. Run it when all nodes have the new ring; only then may the old key be retired.
   * @returns How many were wrapped anew.
   * @throws {StoreError} At the end, when some did not open; the rest are done.
   */
  async rewrapAll(): Promise<number> {
    const { store, wrapper } = this.#options
    const faults: unknown[] = []
    let rewrapped = 0
    let page = await store.list(null, REWRAP_PAGE)
    for (; page.length > 0; page = await store.list(page[page.length - 1]?.subject ?? null, REWRAP_PAGE)) {
      for (const stored of page) {
        const anew = attempt(() => wrapper.rewrap(stored), faults)
        if (anew && (await store.replace(anew, stored.kid))) rewrapped += 1
      }
    }
    if (faults.length > 0) {
      throw new StoreError(`${faults.length} data keys could not be wrapped anew; keep the old keys`, {
        cause: new AggregateError(faults),
      })
    }
    return rewrapped
  }

  async #load(subject: string): Promise<KeyObject | null> {
    return (await this.#learn([subject], () => this.#options.store.load([subject]))).get(subject) ?? null
  }

  async #create(subject: string): Promise<KeyObject> {
    const made = this.#options.wrapper.create(subject)
    const stored = await this.#learn([subject], async () => {
      const kept = await this.#options.store.insertIfAbsent(made)
      return kept ? [kept] : []
    })
    const key = stored.get(subject)
    if (!key) {
      throw new Refusal('conflict', {
        detail: `the data key of subject "${subject}" was destroyed; nothing more is sealed for it`,
      })
    }
    return key
  }

  #fresh(subject: string): (CachedKey & { key: KeyObject }) | null {
    const entry = this.#cache.get(subject)
    const youngEnough =
      entry !== undefined && this.#options.clock.now() - entry.loadedAt < this.#options.cacheSeconds * 1000
    return youngEnough && entry.key ? (entry as CachedKey & { key: KeyObject }) : null
  }

  async #learn(
    subjects: readonly string[],
    ask: () => Promise<readonly WrappedKey[]>,
  ): Promise<ReadonlyMap<string, KeyObject | null>> {
    const destroyed = new Set<string>()
    const loadedAt = this.#options.clock.now()
    this.#awaited.add(destroyed)
    try {
      const found = new Map((await ask()).map((stored) => [stored.subject, stored]))
      const keys = new Map(
        subjects.map((subject) => [subject, destroyed.has(subject) ? null : this.#unwrap(found.get(subject))]),
      )
      this.#remember(keys, loadedAt)
      return keys
    } finally {
      this.#awaited.delete(destroyed)
    }
  }

  #unwrap(stored: WrappedKey | undefined): KeyObject | null {
    return stored ? this.#options.wrapper.unwrap(stored) : null
  }

  #remember(keys: ReadonlyMap<string, KeyObject | null>, loadedAt: number): void {
    const { transactions } = this.#options
    const settled = transactions === null || !transactions.inOpenTransaction()
    const entries = [...keys].map(([subject, key]) => ({ subject, entry: { key, loadedAt, settled } }))
    for (const { subject, entry } of entries) this.#cache.set(subject, entry)
    if (settled) return
    transactions.onSettled((committed) => {
      for (const { subject, entry } of entries) {
        entry.settled = true
        if (!committed && this.#cache.get(subject) === entry) this.#cache.delete(subject)
      }
    })
  }

  #forget(subject: string): void {
    this.#cache.delete(subject)
    for (const destroyed of this.#awaited) destroyed.add(subject)
  }
}

function attempt<T>(work: () => T, faults: unknown[]): T | null {
  try {
    return work()
  } catch (fault) {
    faults.push(fault)
    return null
  }
}
