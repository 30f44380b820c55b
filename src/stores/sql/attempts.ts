import { sql } from 'kysely'
import { allowedAttempt, nextAttempt, refusedAttempt } from '../attempt-rule.ts'
import type { AttemptPolicy, Attempts, AttemptVerdict } from '../store.ts'
import { type Queries, tables } from './queries.ts'

export class SqlAttempts implements Attempts {
  readonly #queries: Queries

  constructor(queries: Queries) {
    this.#queries = queries
  }

  /** Commits at once: a refusal that rolls its unit back must not take the count with it. */
  begin(key: string, policy: AttemptPolicy, at: Date): Promise<AttemptVerdict> {
    return this.#queries.units.detached(async () => {
      const counted = await this.#count(key, policy, at)
      if (counted !== null) return allowedAttempt(counted)
      const row = await this.#queries.first(tables.selectFrom('turnpike_attempts').selectAll().where('key', '=', key))
      // Cleared in between: whoever cleared it was let in, so this one may try.
      if (!row) return this.begin(key, policy, at)
      return refusedAttempt(
        { failures: row.failures, blockedUntil: Number(row.blocked_until), forgetAt: Number(row.forget_at) },
        policy,
        Number(at),
      )
    })
  }

  /** The rule of attempt-rule.ts in one statement, so that no two attempts read the same count. @returns Null when the key must wait. */
  async #count(key: string, policy: AttemptPolicy, at: Date): Promise<number | null> {
    const first = nextAttempt(null, policy, Number(at))
    if (!first) return null
    const instant = sql<Date>`${at}::timestamptz`
    const failures = sql<number>`case when turnpike_attempts.forget_at > ${instant} then turnpike_attempts.failures + 1 else 1 end`
    const blockedUntil = sql<Date>`${instant} + ${waitOf(failures, policy)} * interval '1 second'`
    const query = tables
      .insertInto('turnpike_attempts')
      .values({ key, failures: 1, blocked_until: new Date(first.blockedUntil), forget_at: new Date(first.forgetAt) })
      .onConflict((conflict) =>
        conflict
          .column('key')
          .doUpdateSet({
            failures,
            blocked_until: blockedUntil,
            forget_at: sql<Date>`greatest(${instant} + ${policy.forgetSeconds}::double precision * interval '1 second', ${blockedUntil})`,
          })
          .where('turnpike_attempts.blocked_until', '<=', at),
      )
      .returning('failures')
    return (await this.#queries.first(query))?.failures ?? null
  }

  async clear(key: string): Promise<void> {
    await this.#queries.change(tables.deleteFrom('turnpike_attempts').where('key', '=', key))
  }

  async sweep(now: Date): Promise<void> {
    await this.#queries.change(tables.deleteFrom('turnpike_attempts').where('forget_at', '<=', now))
  }
}

function waitOf(failures: ReturnType<typeof sql<number>>, policy: AttemptPolicy) {
  // 2^60 seconds is beyond every maximum; more would leave the range of a double.
  const doubled = sql`${policy.baseSeconds}::double precision * power(2, least(${failures} - ${policy.free}::integer - 1, 60))`
  return sql<number>`(case
    when ${failures} >= ${policy.lockAfter}::integer then ${policy.lockSeconds}::double precision
    when ${failures} > ${policy.free}::integer then least(${policy.maxSeconds}::double precision, ${doubled})
    else 0 end)`
}
