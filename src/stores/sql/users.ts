import type { Selectable } from 'kysely'
import type { Principal } from '../../contract/principal.ts'
import { indexesOf } from '../email-indexes.ts'
import type { UserChanges, UserRecord, Users } from '../store.ts'
import { type Queries, tables } from './queries.ts'
import type { UserTable } from './schema.ts'

export class SqlUsers implements Users {
  readonly #queries: Queries

  constructor(queries: Queries) {
    this.#queries = queries
  }

  insert(user: UserRecord): Promise<boolean> {
    return this.#queries.units.transaction(async () => {
      if (!(await this.#take(user.id, indexesOf(user)))) return false
      await this.#queries.change(
        tables.insertInto('turnpike_users').values({ id: user.id, created_at: user.createdAt, ...columns(user) }),
      )
      return true
    })
  }

  async byIds(ids: readonly string[], as?: Principal): Promise<readonly UserRecord[]> {
    if (ids.length === 0) return []
    const rows = await this.#queries.rows(
      tables
        .selectFrom('turnpike_users')
        .selectAll()
        .where('id', 'in', [...new Set(ids)]),
      as,
    )
    return rows.map(record)
  }

  async byEmailIndex(indexes: readonly string[], as?: Principal): Promise<UserRecord | null> {
    if (indexes.length === 0) return null
    const query = tables
      .selectFrom('turnpike_users')
      .selectAll()
      .where((where) => where.or([where('email_index', 'in', indexes), where('email_index_previous', 'in', indexes)]))
      .limit(1)
    const row = await this.#queries.first(query, as)
    return row ? record(row) : null
  }

  async list(
    query: { readonly tenantId: string; readonly after: string | null; readonly limit: number },
    as?: Principal,
  ): Promise<readonly UserRecord[]> {
    let select = tables
      .selectFrom('turnpike_users')
      .selectAll()
      .where('tenant_id', '=', query.tenantId)
      .orderBy('id')
      .limit(query.limit)
    if (query.after !== null) select = select.where('id', '>', query.after)
    return (await this.#queries.rows(select, as)).map(record)
  }

  update(id: string, changes: UserChanges, as?: Principal): Promise<boolean> {
    return this.#queries.units.transaction(async () => {
      const before = await this.#queries.first(
        tables.selectFrom('turnpike_users').selectAll().where('id', '=', id).forUpdate(),
        as,
      )
      if (!before) return false
      const after = { ...record(before), ...changes }
      const indexes = indexesOf(after)
      if (!(await this.#take(id, indexes))) return false
      await this.#queries.change(
        tables.deleteFrom('turnpike_user_emails').where('user_id', '=', id).where('email_index', 'not in', indexes),
      )
      return (
        (await this.#queries.change(
          tables.updateTable('turnpike_users').set(columns(after)).where('id', '=', id),
          as,
        )) === 1
      )
    })
  }

  async remove(id: string, as?: Principal): Promise<boolean> {
    return (await this.#queries.change(tables.deleteFrom('turnpike_users').where('id', '=', id), as)) === 1
  }

  /** Takes e-mail indexes for a user, all or none. */
  async #take(userId: string, indexes: readonly string[]): Promise<boolean> {
    const taken = await this.#queries.rows(
      tables
        .insertInto('turnpike_user_emails')
        .values(indexes.map((index) => ({ email_index: index, user_id: userId })))
        .onConflict((conflict) => conflict.column('email_index').doNothing())
        .returning('email_index'),
    )
    if (taken.length === indexes.length) return true
    const held = await this.#queries.rows(
      tables
        .selectFrom('turnpike_user_emails')
        .select('email_index')
        .where('email_index', 'in', indexes)
        .where('user_id', '=', userId),
    )
    if (held.length === indexes.length) return true
    const added = taken.map((row) => row.email_index)
    if (added.length > 0)
      await this.#queries.change(tables.deleteFrom('turnpike_user_emails').where('email_index', 'in', added))
    return false
  }
}

function columns(user: Omit<UserRecord, 'id' | 'createdAt'>) {
  return {
    tenant_id: user.tenantId,
    email_index: user.emailIndex,
    email_index_previous: user.emailIndexPrevious,
    email_sealed: user.emailSealed,
    profile: JSON.stringify(user.profile),
    roles: [...user.roles],
    password_hash: user.passwordHash,
    disabled: user.disabled,
  }
}

function record(row: Selectable<UserTable>): UserRecord {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    emailIndex: row.email_index,
    emailIndexPrevious: row.email_index_previous,
    emailSealed: row.email_sealed,
    profile: row.profile,
    roles: row.roles,
    passwordHash: row.password_hash,
    disabled: row.disabled,
    createdAt: row.created_at,
  }
}
