import type { DataKeys, WrappedDataKey } from '../store.ts'
import type { Journal } from './journal.ts'
import { pageOf, Table } from './table.ts'

/** A destroyed subject stays as a row without a key, so that it never gets another. */
type Row = WrappedDataKey | { readonly subject: string; readonly wrapped: null }

export class MemoryDataKeys implements DataKeys {
  readonly #journal: Journal
  readonly #keys: Table<Row>

  constructor(journal: Journal) {
    this.#journal = journal
    this.#keys = new Table(journal)
  }

  load(subjects: readonly string[]): Promise<readonly WrappedDataKey[]> {
    return this.#journal.read(() => present([...new Set(subjects)].flatMap((subject) => this.#keys.get(subject) ?? [])))
  }

  insertIfAbsent(key: WrappedDataKey): Promise<WrappedDataKey | null> {
    return this.#journal.write(() => {
      if (!this.#keys.get(key.subject)) this.#keys.set(key.subject, { ...key })
      return present([this.#keys.get(key.subject) as Row])[0] ?? null
    })
  }

  replace(key: WrappedDataKey, expectedKid: string): Promise<boolean> {
    return this.#journal.write(() => {
      const before = this.#keys.get(key.subject)
      if (!before || before.wrapped === null || before.kid !== expectedKid) return false
      this.#keys.set(key.subject, { ...key })
      return true
    })
  }

  destroy(subject: string): Promise<void> {
    return this.#journal.write(() => this.#keys.set(subject, { subject, wrapped: null }))
  }

  list(after: string | null, limit: number): Promise<readonly WrappedDataKey[]> {
    return this.#journal.read(() => pageOf(present([...this.#keys.values()]), (key) => key.subject, after, limit))
  }
}

function present(rows: readonly Row[]): readonly WrappedDataKey[] {
  return rows.filter((row): row is WrappedDataKey => row.wrapped !== null)
}
