import type { Journal } from './journal.ts'

/** Rows by key, with at most one index by owner. Changes inside a unit can be undone. */
export class Table<Row> {
  readonly #journal: Journal
  readonly #rows = new Map<string, Row>()
  readonly #ownerOf: ((row: Row) => string) | null
  readonly #byOwner = new Map<string, Set<string>>()

  constructor(journal: Journal, ownerOf: ((row: Row) => string) | null = null) {
    this.#journal = journal
    this.#ownerOf = ownerOf
  }

  get(key: string): Row | undefined {
    return this.#rows.get(key)
  }

  set(key: string, row: Row): void {
    const before = this.#rows.get(key)
    this.#journal.record(() => this.#put(key, before))
    this.#put(key, row)
  }

  delete(key: string): boolean {
    const before = this.#rows.get(key)
    if (before === undefined) return false
    this.#journal.record(() => this.#put(key, before))
    this.#put(key, undefined)
    return true
  }

  entries(): Iterable<[string, Row]> {
    return this.#rows.entries()
  }

  values(): Iterable<Row> {
    return this.#rows.values()
  }

  ownedBy(owner: string): readonly Row[] {
    return [...(this.#byOwner.get(owner) ?? [])].map((key) => this.#rows.get(key) as Row)
  }

  #put(key: string, row: Row | undefined): void {
    const before = this.#rows.get(key)
    if (before !== undefined) this.#unindex(key, before)
    if (row === undefined) {
      this.#rows.delete(key)
      return
    }
    this.#rows.set(key, row)
    if (!this.#ownerOf) return
    const owner = this.#ownerOf(row)
    const keys = this.#byOwner.get(owner)
    if (keys) keys.add(key)
    else this.#byOwner.set(owner, new Set([key]))
  }

  #unindex(key: string, row: Row): void {
    if (!this.#ownerOf) return
    const owner = this.#ownerOf(row)
    const keys = this.#byOwner.get(owner)
    keys?.delete(key)
    if (keys?.size === 0) this.#byOwner.delete(owner)
  }
}

/** The first `limit` rows after a key, in the order of their keys. */
export function pageOf<Row>(
  rows: Iterable<Row>,
  keyOf: (row: Row) => string,
  after: string | null,
  limit: number,
): readonly Row[] {
  const behind = [...rows].filter((row) => after === null || keyOf(row) > after)
  return behind.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)).slice(0, limit)
}
