import type { Case } from '../attack.ts'
import type { Operation, Plan } from '../plan/plan.ts'
import { firstUser } from './pairs.ts'

export interface SignedInCase extends Case {
  readonly operation: Operation
  readonly owner: string
}

/**
 * Reading operations that are meant for signed-in callers, each with somebody who may call it: where attacks on the credential are tried.
 * @param most - At most so many, spread over the API; all of them by default.
 */
export function signedInReads(plan: Plan, most = Number.POSITIVE_INFINITY): readonly SignedInCase[] {
  const user = firstUser(plan)
  const admin = plan.identities.find(({ kind, spare }) => kind === 'admin' && !spare)
  const found = plan.operations.flatMap((operation): SignedInCase[] => {
    if (operation.method !== 'GET' || operation.leftOut || operation.access === 'public') return []
    const who = operation.access === 'admin' ? admin : (user ?? admin)
    return who ? [{ operation, owner: who.name }] : []
  })
  const whoAmI = found.filter(({ operation }) => operation.id === plan.auth.whoAmI)
  return [...whoAmI, ...found.filter((each) => !whoAmI.includes(each))].slice(0, most)
}
