import { type AttemptCount, allowedAttempt, nextAttempt, refusedAttempt } from '../attempt-rule.ts'
import type { AttemptPolicy, Attempts, AttemptVerdict } from '../store.ts'
import type { Journal } from './journal.ts'
import { Table } from './table.ts'

export class MemoryAttempts implements Attempts {
  readonly #journal: Journal
  readonly #counts: Table<AttemptCount>

  constructor(journal: Journal) {
    this.#journal = journal
    this.#counts = new Table(journal)
  }

  begin(key: string, policy: AttemptPolicy, at: Date): Promise<AttemptVerdict> {
    return this.#journal.writeAlone(() => {
      const before = this.#counts.get(key) ?? null
      const next = nextAttempt(before, policy, Number(at))
      if (!next) return refusedAttempt(before as AttemptCount, policy, Number(at))
      this.#counts.set(key, next)
      return allowedAttempt(next.failures)
    })
  }

  async clear(key: string): Promise<void> {
    await this.#journal.write(() => this.#counts.delete(key))
  }

  sweep(now: Date): Promise<void> {
    return this.#journal.write(() => {
      for (const [key, count] of [...this.#counts.entries()])
        if (count.forgetAt <= Number(now)) this.#counts.delete(key)
    })
  }
}
