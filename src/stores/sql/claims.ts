import { verdictOn } from '../claim-verdict.ts'
import type { ClaimRequest, Claims, ClaimVerdict } from '../store.ts'
import { type Queries, tables } from './queries.ts'

export class SqlClaims implements Claims {
  readonly #queries: Queries

  constructor(queries: Queries) {
    this.#queries = queries
  }

  claim(request: ClaimRequest): Promise<ClaimVerdict> {
    return this.#queries.units.detached(async () => {
      if (await this.#take(request)) return { outcome: 'claimed' }
      const row = await this.#queries.first(
        tables.selectFrom('turnpike_claims').selectAll().where('key', '=', request.key),
      )
      // Released in between.
      if (!row) return this.claim(request)
      return verdictOn({ fingerprint: row.fingerprint, reply: row.reply, doneAt: row.done_at }, request.fingerprint)
    })
  }

  /** Takes a key that is new, has expired, or whose holder let the lease run out. */
  async #take({ key, fingerprint, holder, at, leaseUntil, expiresAt }: ClaimRequest): Promise<boolean> {
    const claim = { fingerprint, holder, lease_until: leaseUntil, expires_at: expiresAt, reply: null, done_at: null }
    const query = tables
      .insertInto('turnpike_claims')
      .values({ key, ...claim })
      .onConflict((conflict) =>
        conflict
          .column('key')
          .doUpdateSet(claim)
          .where((where) =>
            where.or([
              where('turnpike_claims.expires_at', '<=', at),
              where.and([where('turnpike_claims.done_at', 'is', null), where('turnpike_claims.lease_until', '<=', at)]),
            ]),
          ),
      )
    return (await this.#queries.change(query)) === 1
  }

  async complete(key: string, holder: string, reply: string | null, at: Date): Promise<boolean> {
    const query = tables
      .updateTable('turnpike_claims')
      .set({ reply, done_at: at })
      .where('key', '=', key)
      .where('holder', '=', holder)
      .where('done_at', 'is', null)
    return (await this.#queries.change(query)) === 1
  }

  async release(key: string, holder: string): Promise<void> {
    await this.#queries.change(
      tables
        .deleteFrom('turnpike_claims')
        .where('key', '=', key)
        .where('holder', '=', holder)
        .where('done_at', 'is', null),
    )
  }

  async doneAt(key: string): Promise<Date | null> {
    return (
      (await this.#queries.first(tables.selectFrom('turnpike_claims').select('done_at').where('key', '=', key)))
        ?.done_at ?? null
    )
  }

  async sweep(now: Date): Promise<void> {
    await this.#queries.change(tables.deleteFrom('turnpike_claims').where('expires_at', '<=', now))
  }
}
