import type { Admission, Admitted, Budget, StandingQuestion } from '../store.ts'
import type { Counters } from './counters.ts'
import type { MemoryRevocations } from './revocations.ts'

/** Counters and standings of one process. Always synchronous: it runs on every request. */
export class MemoryAdmission implements Admission {
  readonly #counters: Counters
  readonly #revocations: MemoryRevocations

  constructor(counters: Counters, revocations: MemoryRevocations) {
    this.#counters = counters
    this.#revocations = revocations
  }

  admit(budgets: readonly Budget[], question: StandingQuestion | null): Admitted {
    return {
      spent: this.#counters.spend(budgets),
      standing: question === null ? null : this.#revocations.committedStanding(question),
    }
  }
}
