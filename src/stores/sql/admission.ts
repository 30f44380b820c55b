import type { Counters } from '../memory/counters.ts'
import type { Admission, Admitted, Budget, StandingQuestion } from '../store.ts'
import type { SqlRevocations } from './revocations.ts'

/** Counters in this process, standings from SQL through caches. Synchronous as long as the caches know. */
export class SqlAdmission implements Admission {
  readonly #counters: Counters
  readonly #revocations: SqlRevocations

  constructor(counters: Counters, revocations: SqlRevocations) {
    this.#counters = counters
    this.#revocations = revocations
  }

  admit(budgets: readonly Budget[], question: StandingQuestion | null): Admitted | Promise<Admitted> {
    const spent = this.#counters.spend(budgets)
    if (question === null) return { spent, standing: null }
    const standing = this.#revocations.answer(question)
    return standing instanceof Promise ? standing.then((known) => ({ spent, standing: known })) : { spent, standing }
  }
}
