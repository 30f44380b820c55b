import { StoreError } from '../../base/store-error.ts'
import type { Principal } from '../../contract/principal.ts'
import { indexesOf } from '../email-indexes.ts'
import type { UserChanges, UserRecord, Users } from '../store.ts'
import type { Journal } from './journal.ts'
import { pageOf, Table } from './table.ts'

/** Memory has no row-level security: `as` is ignored, and `describe.rowSecurity` says so. */
export class MemoryUsers implements Users {
  readonly #journal: Journal
  readonly #users: Table<UserRecord>
  /** E-mail index, current or previous → user id. */
  readonly #emails: Table<string>

  constructor(journal: Journal) {
    this.#journal = journal
    this.#users = new Table(journal)
    this.#emails = new Table(journal)
  }

  insert(user: UserRecord): Promise<boolean> {
    return this.#journal.write(() => {
      if (this.#users.get(user.id)) throw new StoreError('a user with this id exists')
      if (!this.#free(user)) return false
      for (const index of indexesOf(user)) this.#emails.set(index, user.id)
      this.#users.set(user.id, copy(user))
      return true
    })
  }

  byIds(ids: readonly string[], _as?: Principal): Promise<readonly UserRecord[]> {
    return this.#journal.read(() => [...new Set(ids)].flatMap((id) => this.#users.get(id) ?? []).map(copy))
  }

  byEmailIndex(indexes: readonly string[], _as?: Principal): Promise<UserRecord | null> {
    return this.#journal.read(() => {
      const id = indexes.map((index) => this.#emails.get(index)).find((found) => found !== undefined)
      const user = id === undefined ? undefined : this.#users.get(id)
      return user ? copy(user) : null
    })
  }

  list(
    query: { readonly tenantId: string; readonly after: string | null; readonly limit: number },
    _as?: Principal,
  ): Promise<readonly UserRecord[]> {
    return this.#journal.read(() => {
      const tenant = [...this.#users.values()].filter((user) => user.tenantId === query.tenantId)
      return pageOf(tenant, (user) => user.id, query.after, query.limit).map(copy)
    })
  }

  update(id: string, changes: UserChanges, _as?: Principal): Promise<boolean> {
    return this.#journal.write(() => {
      const before = this.#users.get(id)
      if (!before) return false
      const after = copy({ ...before, ...changes })
      if (!this.#free(after)) return false
      for (const index of indexesOf(before)) this.#emails.delete(index)
      for (const index of indexesOf(after)) this.#emails.set(index, id)
      this.#users.set(id, after)
      return true
    })
  }

  remove(id: string, _as?: Principal): Promise<boolean> {
    return this.#journal.write(() => {
      const user = this.#users.get(id)
      if (!user) return false
      for (const index of indexesOf(user)) this.#emails.delete(index)
      return this.#users.delete(id)
    })
  }

  #free(user: UserRecord): boolean {
    return indexesOf(user).every((index) => (this.#emails.get(index) ?? user.id) === user.id)
  }
}

/** Stored rows share nothing with the caller's, as with a database. */
function copy(user: UserRecord): UserRecord {
  return structuredClone(user)
}
