import { type Selectable, sql } from 'kysely'
import type { RefreshRecord, SessionRecord, Sessions } from '../store.ts'
import { type Queries, tables } from './queries.ts'
import type { RefreshTable, SessionTable } from './schema.ts'

export class SqlSessions implements Sessions {
  readonly #queries: Queries

  constructor(queries: Queries) {
    this.#queries = queries
  }

  insert(session: SessionRecord, first: RefreshRecord): Promise<void> {
    return this.#queries.units.transaction(async () => {
      await this.#queries.change(tables.insertInto('turnpike_sessions').values(sessionColumns(session)))
      await this.#queries.change(tables.insertInto('turnpike_refresh_tokens').values(refreshColumns(first)))
    })
  }

  async byId(id: string): Promise<SessionRecord | null> {
    const row = await this.#queries.first(tables.selectFrom('turnpike_sessions').selectAll().where('id', '=', id))
    return row ? sessionRecord(row) : null
  }

  async byRefreshHash(
    hash: string,
  ): Promise<{ readonly session: SessionRecord; readonly refresh: RefreshRecord } | null> {
    const row = await this.#queries.first(
      tables
        .selectFrom('turnpike_refresh_tokens as token')
        .innerJoin('turnpike_sessions as session', 'session.id', 'token.session_id')
        .selectAll()
        .where('token.hash', '=', hash),
    )
    return row ? { session: sessionRecord(row), refresh: refreshRecord(row) } : null
  }

  /** One statement: whoever comes second finds `rotated_at` set and changes nothing. */
  async rotate(fromHash: string, successor: RefreshRecord, successorSealed: string, at: Date): Promise<boolean> {
    const rotate = sql<{ rotated: number }>`
      with live as (
        update turnpike.turnpike_sessions set last_used_at = ${at}::timestamptz
        where ended_at is null and id = (
          select session_id from turnpike.turnpike_refresh_tokens where hash = ${fromHash} and rotated_at is null
        ) returning id
      ), rotated as (
        update turnpike.turnpike_refresh_tokens
        set rotated_at = ${at}::timestamptz, successor_hash = ${successor.hash}, successor_sealed = ${successorSealed}
        where hash = ${fromHash} and rotated_at is null and session_id in (select id from live)
        returning session_id
      ), erased as (
        update turnpike.turnpike_refresh_tokens set successor_sealed = null
        where successor_hash = ${fromHash} and exists (select from rotated)
      ), added as (
        insert into turnpike.turnpike_refresh_tokens (hash, session_id, issued_at, idle_expires_at)
        select ${successor.hash}, session_id, ${successor.issuedAt}::timestamptz, ${successor.idleExpiresAt}::timestamptz from rotated
      )
      select count(*)::integer as rotated from rotated`
    const row = await this.#queries.first({ compile: () => rotate.compile(tables) })
    return row?.rotated === 1
  }

  async end(id: string, at: Date): Promise<boolean> {
    const end = tables
      .updateTable('turnpike_sessions')
      .set({ ended_at: at })
      .where('id', '=', id)
      .where('ended_at', 'is', null)
    return (await this.#queries.change(end)) === 1
  }

  async endAll(userId: string, at: Date, except?: string): Promise<readonly string[]> {
    let end = tables
      .updateTable('turnpike_sessions')
      .set({ ended_at: at })
      .where('user_id', '=', userId)
      .where('ended_at', 'is', null)
    if (except !== undefined) end = end.where('id', '<>', except)
    return (await this.#queries.rows(end.returning('id'))).map((row) => row.id)
  }

  async listOf(userId: string): Promise<readonly SessionRecord[]> {
    const rows = await this.#queries.rows(
      tables
        .selectFrom('turnpike_sessions')
        .selectAll()
        .where('user_id', '=', userId)
        .orderBy('created_at', 'desc')
        .orderBy('id'),
    )
    return rows.map(sessionRecord)
  }

  async sweep(limits: { readonly successorsBefore: Date; readonly expiredBefore: Date }): Promise<void> {
    await this.#queries.change(
      tables
        .updateTable('turnpike_refresh_tokens')
        .set({ successor_sealed: null })
        .where('successor_sealed', 'is not', null)
        .where('rotated_at', '<', limits.successorsBefore),
    )
    await this.#queries.change(tables.deleteFrom('turnpike_sessions').where('expires_at', '<', limits.expiredBefore))
  }
}

function sessionColumns(session: SessionRecord) {
  return {
    id: session.id,
    user_id: session.userId,
    created_at: session.createdAt,
    last_used_at: session.lastUsedAt,
    expires_at: session.expiresAt,
    ended_at: session.endedAt,
    authenticated_at: session.authenticatedAt,
    factors: session.factors,
    device: session.device,
    address_prefix: session.addressPrefix,
  }
}

function sessionRecord(row: Selectable<SessionTable>): SessionRecord {
  return {
    id: row.id,
    userId: row.user_id,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
    endedAt: row.ended_at,
    authenticatedAt: row.authenticated_at,
    factors: row.factors,
    device: row.device,
    addressPrefix: row.address_prefix,
  }
}

function refreshColumns(token: RefreshRecord) {
  return {
    hash: token.hash,
    session_id: token.sessionId,
    issued_at: token.issuedAt,
    idle_expires_at: token.idleExpiresAt,
    rotated_at: token.rotatedAt,
    successor_hash: token.successorHash,
    successor_sealed: token.successorSealed,
  }
}

function refreshRecord(row: Selectable<RefreshTable>): RefreshRecord {
  return {
    hash: row.hash,
    sessionId: row.session_id,
    issuedAt: row.issued_at,
    idleExpiresAt: row.idle_expires_at,
    rotatedAt: row.rotated_at,
    successorHash: row.successor_hash,
    successorSealed: row.successor_sealed,
  }
}
