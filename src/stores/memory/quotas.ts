import { randomUUID } from 'node:crypto'
import type { Quotas } from '../store.ts'
import type { Journal } from './journal.ts'
import { Table } from './table.ts'

interface Reservation {
  readonly id: string
  readonly key: string
  readonly at: number
  readonly expiresAt: number
}

export class MemoryQuotas implements Quotas {
  readonly #journal: Journal
  readonly #reservations: Table<Reservation>

  constructor(journal: Journal) {
    this.#journal = journal
    this.#reservations = new Table(journal, (reservation: Reservation) => reservation.key)
  }

  reserve(key: string, limit: number, windowSeconds: number, at: Date): Promise<string | null> {
    return this.#journal.write(() => {
      const since = Number(at) - windowSeconds * 1000
      const used = this.#reservations.ownedBy(key).filter((reservation) => reservation.at > since).length
      if (!(used < limit)) return null
      const id = randomUUID()
      this.#reservations.set(id, { id, key, at: Number(at), expiresAt: Number(at) + windowSeconds * 1000 })
      return id
    })
  }

  async release(id: string): Promise<void> {
    await this.#journal.write(() => this.#reservations.delete(id))
  }

  sweep(now: Date): Promise<void> {
    return this.#journal.write(() => {
      for (const reservation of [...this.#reservations.values()]) {
        if (reservation.expiresAt <= Number(now)) this.#reservations.delete(reservation.id)
      }
    })
  }
}
