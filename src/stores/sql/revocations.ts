import { sql } from 'kysely'
import type { Revocations, Standing, StandingQuestion } from '../store.ts'
import { type Queries, tables } from './queries.ts'
import { type PrincipalStanding, StandingCache, UNTOUCHED } from './standings.ts'

/** So many unexpired revocations are kept in memory; above it SQL is asked for each credential. */
const MAX_REVOKED_IN_MEMORY = 200_000

/**
 * Revocations in SQL. Those that have not expired are all in memory, so that a credential which is not among them needs no query; when
 * they are too many, or not loaded, SQL answers. So an empty cache opens nothing.
 */
export class SqlRevocations implements Revocations {
  readonly #queries: Queries
  readonly #standings: StandingCache
  readonly #maxRevoked: number
  /** All of them while `#complete`; key → expiry in milliseconds. */
  readonly #revoked = new Map<string, number>()
  #complete = false

  constructor(queries: Queries, maxPrincipals: number, maxRevoked = MAX_REVOKED_IN_MEMORY) {
    this.#queries = queries
    this.#maxRevoked = maxRevoked
    this.#standings = new StandingCache(maxPrincipals, (key) => queries.units.detached(() => this.standing(key)))
  }

  /** Loads what has not expired. To be called before anybody else can write. */
  async warm(now: Date): Promise<void> {
    const rows = await this.#queries.rows(
      tables
        .selectFrom('turnpike_revocations')
        .selectAll()
        .where('expires_at', '>', now)
        .limit(this.#maxRevoked + 1),
    )
    if (rows.length > this.#maxRevoked) return
    for (const row of rows) this.#revoked.set(`${row.kind}:${row.id}`, Number(row.expires_at))
    this.#complete = true
  }

  async revoke(kind: 'token' | 'session', id: string, expiresAt: Date): Promise<void> {
    await this.revokeMany(kind, [{ id, expiresAt }])
  }

  async revokeMany(
    kind: 'token' | 'session',
    credentials: readonly { readonly id: string; readonly expiresAt: Date }[],
  ): Promise<void> {
    if (credentials.length === 0) return
    const insert = tables
      .insertInto('turnpike_revocations')
      .values(credentials.map(({ id, expiresAt }) => ({ kind, id, expires_at: expiresAt })))
      .onConflict((conflict) =>
        conflict
          .columns(['kind', 'id'])
          .doUpdateSet({ expires_at: sql<Date>`greatest(turnpike_revocations.expires_at, excluded.expires_at)` }),
      )
    await this.#queries.units.withEffect(
      () => this.#queries.change(insert),
      () => {
        for (const { id, expiresAt } of credentials) this.#remember(`${kind}:${id}`, Number(expiresAt))
      },
    )
  }

  #remember(key: string, expiresAt: number): void {
    if (!this.#complete) return
    this.#revoked.set(key, Math.max(this.#revoked.get(key) ?? 0, expiresAt))
    if (this.#revoked.size <= this.#maxRevoked) return
    this.#complete = false
    this.#revoked.clear()
  }

  async raiseEpoch(principalKey: string, at: Date): Promise<number> {
    const raise = tables
      .insertInto('turnpike_standings')
      .values({ principal_key: principalKey, epoch: 1, revoked_before: at })
      .onConflict((conflict) =>
        conflict.column('principal_key').doUpdateSet({
          epoch: sql<number>`turnpike_standings.epoch + 1`,
          revoked_before: sql<Date>`greatest(turnpike_standings.revoked_before, excluded.revoked_before)`,
        }),
      )
      .returning('epoch')
    const row = await this.#queries.units.withEffect(
      () => this.#queries.first(raise),
      () => this.#standings.forget(principalKey),
    )
    return Number(row?.epoch)
  }

  async setDisabled(principalKey: string, disabled: boolean): Promise<void> {
    const set = tables
      .insertInto('turnpike_standings')
      .values({ principal_key: principalKey, epoch: 0, disabled })
      .onConflict((conflict) => conflict.column('principal_key').doUpdateSet({ disabled }))
    await this.#queries.units.withEffect(
      () => this.#queries.change(set),
      () => this.#standings.forget(principalKey),
    )
  }

  async standing(principalKey: string): Promise<PrincipalStanding> {
    const row = await this.#queries.first(
      tables.selectFrom('turnpike_standings').selectAll().where('principal_key', '=', principalKey),
    )
    return row
      ? { epoch: Number(row.epoch), disabled: row.disabled, revokedBefore: Number(row.revoked_before ?? 0) }
      : UNTOUCHED
  }

  /**
   * For admission, in the committed state: synchronous when all of it is in memory. Inside an open transaction the questions that
   * memory cannot answer join it, and what it says is not kept: it may still be undone.
   */
  answer(question: StandingQuestion): Standing | Promise<Standing> {
    const revoked = this.#isRevoked(question)
    const standing = this.#standings.known(question.principalKey) ?? this.#askStanding(question.principalKey)
    if (typeof revoked === 'boolean' && !(standing instanceof Promise)) return { revoked, ...standing }
    return Promise.all([revoked, standing]).then(([isRevoked, of]) => ({ revoked: isRevoked, ...of }))
  }

  #askStanding(principalKey: string): Promise<PrincipalStanding> {
    return this.#queries.units.inOpenTransaction() ? this.standing(principalKey) : this.#standings.fill(principalKey)
  }

  #isRevoked({ tokenId, sessionId }: StandingQuestion): boolean | Promise<boolean> {
    if (!this.#complete) return this.#ask(tokenId, sessionId)
    return (
      (tokenId !== null && this.#revoked.has(`token:${tokenId}`)) ||
      (sessionId !== null && this.#revoked.has(`session:${sessionId}`))
    )
  }

  async #ask(tokenId: string | null, sessionId: string | null): Promise<boolean> {
    const found = await this.#queries.first(
      tables
        .selectFrom('turnpike_revocations')
        .select('id')
        .where((where) =>
          where.or([
            where.and([where('kind', '=', 'token'), where('id', '=', tokenId ?? '')]),
            where.and([where('kind', '=', 'session'), where('id', '=', sessionId ?? '')]),
          ]),
        )
        .limit(1),
    )
    return found !== null
  }

  async sweep(now: Date): Promise<void> {
    await this.#queries.units.withEffect(
      () => this.#queries.change(tables.deleteFrom('turnpike_revocations').where('expires_at', '<=', now)),
      () => {
        for (const [key, expiresAt] of this.#revoked) if (expiresAt <= Number(now)) this.#revoked.delete(key)
      },
    )
  }
}
