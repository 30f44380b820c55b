import type { Selectable } from 'kysely'
import type { Principal } from '../../contract/principal.ts'
import { hourOf } from '../hour.ts'
import type { ApiKeyRecord, ApiKeys } from '../store.ts'
import { type Queries, tables } from './queries.ts'
import type { SqlRevocations } from './revocations.ts'
import type { ApiKeyTable } from './schema.ts'

/** So many keys are remembered as touched in this hour: a request with one of them costs no statement. */
const MAX_TOUCHED = 10_000

export class SqlApiKeys implements ApiKeys {
  readonly #queries: Queries
  readonly #revocations: SqlRevocations
  readonly #touched = new Map<string, number>()

  constructor(queries: Queries, revocations: SqlRevocations) {
    this.#queries = queries
    this.#revocations = revocations
  }

  async insert(key: ApiKeyRecord): Promise<void> {
    await this.#queries.change(tables.insertInto('turnpike_api_keys').values(columns(key)))
  }

  async byId(id: string): Promise<ApiKeyRecord | null> {
    const row = await this.#queries.first(tables.selectFrom('turnpike_api_keys').selectAll().where('id', '=', id))
    return row ? record(row) : null
  }

  async byIds(ids: readonly string[], as?: Principal): Promise<readonly ApiKeyRecord[]> {
    if (ids.length === 0) return []
    const rows = await this.#queries.rows(
      tables
        .selectFrom('turnpike_api_keys')
        .selectAll()
        .where('id', 'in', [...new Set(ids)]),
      as,
    )
    return rows.map(record)
  }

  async listOf(
    ownerId: string,
    page: { readonly after: string | null; readonly limit: number },
    as?: Principal,
  ): Promise<readonly ApiKeyRecord[]> {
    let select = tables
      .selectFrom('turnpike_api_keys')
      .selectAll()
      .where('owner_id', '=', ownerId)
      .orderBy('id')
      .limit(page.limit)
    if (page.after !== null) select = select.where('id', '>', page.after)
    return (await this.#queries.rows(select, as)).map(record)
  }

  revoke(id: string, at: Date): Promise<boolean> {
    return this.#queries.units.transaction(async () => (await this.#revoke('id', id, at)) === 1)
  }

  async revokeAll(ownerId: string, at: Date): Promise<void> {
    await this.#queries.units.transaction(() => this.#revoke('owner_id', ownerId, at))
  }

  /** Also as a revoked token: admission asks by the key's id, whoever may have the record in a cache. */
  async #revoke(column: 'id' | 'owner_id', value: string, at: Date): Promise<number> {
    const revoked = await this.#queries.rows(
      tables
        .updateTable('turnpike_api_keys')
        .set({ revoked_at: at })
        .where(column, '=', value)
        .where('revoked_at', 'is', null)
        .returning(['id', 'expires_at']),
    )
    await this.#revocations.revokeMany(
      'token',
      revoked.map((row) => ({ id: row.id, expiresAt: row.expires_at })),
    )
    return revoked.length
  }

  async touch(id: string, at: Date): Promise<void> {
    const hour = hourOf(at)
    if (this.#touched.get(id) === Number(hour)) return
    const touch = tables
      .updateTable('turnpike_api_keys')
      .set({ last_used_at: hour })
      .where('id', '=', id)
      .where((where) => where.or([where('last_used_at', 'is', null), where('last_used_at', '<', hour)]))
    await this.#queries.units.withEffect(
      () => this.#queries.change(touch),
      () => {
        if (this.#touched.size >= MAX_TOUCHED) this.#touched.clear()
        this.#touched.set(id, Number(hour))
      },
    )
  }
}

function columns(key: ApiKeyRecord) {
  return {
    id: key.id,
    owner_id: key.ownerId,
    owner_key: key.ownerKey,
    tenant_id: key.tenantId,
    name: key.name,
    secret_hash: key.secretHash,
    scopes: [...key.scopes],
    created_at: key.createdAt,
    expires_at: key.expiresAt,
    revoked_at: key.revokedAt,
    last_used_at: key.lastUsedAt,
  }
}

function record(row: Selectable<ApiKeyTable>): ApiKeyRecord {
  return {
    id: row.id,
    ownerId: row.owner_id,
    ownerKey: row.owner_key,
    tenantId: row.tenant_id,
    name: row.name,
    secretHash: row.secret_hash,
    scopes: row.scopes,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
  }
}
