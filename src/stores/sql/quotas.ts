import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Quotas } from '../store.ts'
import { type Queries, tables } from './queries.ts'

export class SqlQuotas implements Quotas {
  readonly #queries: Queries

  constructor(queries: Queries) {
    this.#queries = queries
  }

  reserve(key: string, limit: number, windowSeconds: number, at: Date): Promise<string | null> {
    return this.#queries.units.transaction(async () => {
      // Reservations of one key come one after another; the count must be a statement of its own to see what the lock waited for.
      const lock = sql<unknown>`select pg_advisory_xact_lock(hashtextextended(${`turnpike quota ${key}`}, 0))`
      await this.#queries.change({ compile: () => lock.compile(tables) })
      const used = await this.#queries.first(
        tables
          .selectFrom('turnpike_reservations')
          .select(sql<number>`count(*)::integer`.as('count'))
          .where('key', '=', key)
          .where('reserved_at', '>', new Date(Number(at) - windowSeconds * 1000)),
      )
      if (!used || !(used.count < limit)) return null
      const id = randomUUID()
      const expiresAt = new Date(Number(at) + windowSeconds * 1000)
      await this.#queries.change(
        tables.insertInto('turnpike_reservations').values({ id, key, reserved_at: at, expires_at: expiresAt }),
      )
      return id
    })
  }

  async release(id: string): Promise<void> {
    await this.#queries.change(tables.deleteFrom('turnpike_reservations').where('id', '=', id))
  }

  async sweep(now: Date): Promise<void> {
    await this.#queries.change(tables.deleteFrom('turnpike_reservations').where('expires_at', '<=', now))
  }
}
