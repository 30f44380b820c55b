import { StoreError } from '../../base/store-error.ts'
import type { Principal } from '../../contract/principal.ts'
import { hourOf } from '../hour.ts'
import type { ApiKeyRecord, ApiKeys } from '../store.ts'
import type { Journal } from './journal.ts'
import type { MemoryRevocations } from './revocations.ts'
import { pageOf, Table } from './table.ts'

export class MemoryApiKeys implements ApiKeys {
  readonly #journal: Journal
  readonly #revocations: MemoryRevocations
  readonly #keys: Table<ApiKeyRecord>

  constructor(journal: Journal, revocations: MemoryRevocations) {
    this.#journal = journal
    this.#revocations = revocations
    this.#keys = new Table(journal, (key: ApiKeyRecord) => key.ownerId)
  }

  insert(key: ApiKeyRecord): Promise<void> {
    return this.#journal.write(() => {
      if (this.#keys.get(key.id)) throw new StoreError('an API key with this id exists')
      this.#keys.set(key.id, { ...key, scopes: [...key.scopes] })
    })
  }

  byId(id: string): Promise<ApiKeyRecord | null> {
    return this.#journal.read(() => this.#keys.get(id) ?? null)
  }

  byIds(ids: readonly string[], _as?: Principal): Promise<readonly ApiKeyRecord[]> {
    return this.#journal.read(() => [...new Set(ids)].flatMap((id) => this.#keys.get(id) ?? []))
  }

  listOf(
    ownerId: string,
    page: { readonly after: string | null; readonly limit: number },
    _as?: Principal,
  ): Promise<readonly ApiKeyRecord[]> {
    return this.#journal.read(() => pageOf(this.#keys.ownedBy(ownerId), (key) => key.id, page.after, page.limit))
  }

  revoke(id: string, at: Date): Promise<boolean> {
    return this.#journal.write(() => this.#revoke(this.#keys.get(id), at))
  }

  revokeAll(ownerId: string, at: Date): Promise<void> {
    return this.#journal.write(() => {
      for (const key of this.#keys.ownedBy(ownerId)) this.#revoke(key, at)
    })
  }

  #revoke(key: ApiKeyRecord | undefined, at: Date): boolean {
    if (!key || key.revokedAt !== null) return false
    this.#keys.set(key.id, { ...key, revokedAt: at })
    this.#revocations.revokeNow('token', key.id, key.expiresAt)
    return true
  }

  touch(id: string, at: Date): Promise<void> {
    return this.#journal.write(() => {
      const key = this.#keys.get(id)
      const hour = hourOf(at)
      if (key && (key.lastUsedAt === null || key.lastUsedAt < hour)) this.#keys.set(id, { ...key, lastUsedAt: hour })
    })
  }
}
