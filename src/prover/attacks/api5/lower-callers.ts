import type { IdentityPlan, Operation, Plan } from '../../plan/plan.ts'
import { usersOf } from '../pairs.ts'
import { deniesFunction } from './denies-function.ts'

/** Who may not call an operation at all: a user, one of another tenant, one key of a client. */
export function lowerCallers(plan: Plan, operation: Operation): readonly IdentityPlan[] {
  const [user, ...others] = usersOf(plan)
  const stranger = others.find(({ tenant }) => tenant !== user?.tenant)
  const client = plan.identities.find(({ kind, spare }) => kind === 'client' && !spare)
  return [user, stranger, client].flatMap((each) => (each && deniesFunction(operation, each) === true ? [each] : []))
}
