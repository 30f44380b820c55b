import type { KeyObject } from 'node:crypto'

export interface CachedKey {
  /** Null: the store had none when it was asked. */
  readonly key: KeyObject | null
  readonly loadedAt: number
  /** False while the transaction that showed the key may still roll back and take the key with it. */
  settled: boolean
}

/** The most recently used keys, at most `size` of them. */
export class DataKeyCache {
  readonly #entries = new Map<string, CachedKey>()
  readonly size: number

  constructor(size: number) {
    this.size = size
  }

  get(subject: string): CachedKey | undefined {
    const entry = this.#entries.get(subject)
    if (entry) {
      this.#entries.delete(subject)
      this.#entries.set(subject, entry)
    }
    return entry
  }

  set(subject: string, entry: CachedKey): void {
    this.#entries.delete(subject)
    this.#entries.set(subject, entry)
    if (this.#entries.size > this.size) this.#entries.delete(this.#entries.keys().next().value as string)
  }

  delete(subject: string): void {
    this.#entries.delete(subject)
  }
}
