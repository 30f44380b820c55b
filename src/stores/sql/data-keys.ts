import type { DataKeys, WrappedDataKey } from '../store.ts'
import { type Queries, tables } from './queries.ts'

export class SqlDataKeys implements DataKeys {
  readonly #queries: Queries

  constructor(queries: Queries) {
    this.#queries = queries
  }

  async load(subjects: readonly string[]): Promise<readonly WrappedDataKey[]> {
    if (subjects.length === 0) return []
    return this.#queries.rows(present().where('subject', 'in', [...new Set(subjects)]))
  }

  async insertIfAbsent(key: WrappedDataKey): Promise<WrappedDataKey | null> {
    const insert = tables.insertInto('turnpike_data_keys').values({ ...key })
    const added = await this.#queries.change(insert.onConflict((conflict) => conflict.column('subject').doNothing()))
    return added === 1 ? key : this.#queries.first(present().where('subject', '=', key.subject))
  }

  async replace(key: WrappedDataKey, expectedKid: string): Promise<boolean> {
    const query = tables
      .updateTable('turnpike_data_keys')
      .set({ kid: key.kid, wrapped: key.wrapped })
      .where('subject', '=', key.subject)
      .where('kid', '=', expectedKid)
      .where('wrapped', 'is not', null)
    return (await this.#queries.change(query)) === 1
  }

  async destroy(subject: string): Promise<void> {
    const gone = { kid: '', wrapped: null }
    await this.#queries.change(
      tables
        .insertInto('turnpike_data_keys')
        .values({ subject, ...gone })
        .onConflict((conflict) => conflict.column('subject').doUpdateSet(gone)),
    )
  }

  async list(after: string | null, limit: number): Promise<readonly WrappedDataKey[]> {
    const page = present().orderBy('subject').limit(limit)
    return this.#queries.rows(after === null ? page : page.where('subject', '>', after))
  }
}

function present() {
  return tables
    .selectFrom('turnpike_data_keys')
    .select(['subject', 'kid', 'wrapped'])
    .where('wrapped', 'is not', null)
    .$narrowType<{ wrapped: string }>()
}
