import type { Case } from '../attack.ts'
import type { IdentityPlan, Operation, Plan } from '../plan/plan.ts'
import { firstUser } from './pairs.ts'

/** The operation that this plan looks at, which attacks that try only a few choose in any case; null: none. */
export const focusOf = ({ operations, focus }: Plan): Operation | null =>
  operations.find(({ id, leftOut }) => id === focus && !leftOut) ?? null

/** At most so many of these, the one that the plan looks at always among them. */
export function fewOf<T extends Case>(plan: Plan, cases: readonly T[], most: number): readonly T[] {
  const few = cases.slice(0, most)
  return [...few, ...cases.slice(most).filter(({ operation }) => operation?.id === plan.focus)]
}

/** Who may call an operation, as far as his kind decides: the first user, or an admin where only admins may. */
export const callerOf = (plan: Plan, { access }: Operation): IdentityPlan | null =>
  access === 'admin' ? (plan.identities.find(({ kind, spare }) => kind === 'admin' && !spare) ?? null) : firstUser(plan)
