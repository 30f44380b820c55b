import type { XRule } from '../../contract/openapi/extension.ts'
import type { IdentityPlan, Operation, Plan, Resource } from '../plan/plan.ts'

/** Ordinary users: whoever is no admin, no client and not kept for destruction. */
export const usersOf = (plan: Plan): readonly IdentityPlan[] =>
  plan.identities.filter(({ kind, spare }) => kind === 'user' && !spare)

/** The first user, in whose name operations are tried that need only somebody. */
export const firstUser = (plan: Plan): IdentityPlan | null => usersOf(plan)[0] ?? null

export type Pair = readonly [owner: IdentityPlan, attacker: IdentityPlan]

/** Ordered pairs of an owner and a stranger to him; with `all`, an admin's objects and the first user too. */
export function pairsOf(plan: Plan, pairs: 'all' | 'main'): readonly Pair[] {
  const users = usersOf(plan)
  if (pairs === 'main') return mainPairs(users)
  const admin = plan.identities.find(({ kind, spare }) => kind === 'admin' && !spare)
  return admin && users[0] ? [...orderedPairs(users), [admin, users[0]]] : orderedPairs(users)
}

const orderedPairs = (users: readonly IdentityPlan[]): readonly Pair[] =>
  users.flatMap((owner) => users.filter((each) => each !== owner).map((attacker) => [owner, attacker] as const))

function mainPairs(users: readonly IdentityPlan[]): readonly Pair[] {
  const [owner] = users
  if (!owner) return []
  const others = users.slice(1)
  const mate = others.find(({ tenant }) => tenant === owner.tenant)
  const stranger = others.find(({ tenant }) => tenant !== owner.tenant)
  return [mate, stranger].flatMap((attacker) => (attacker ? [[owner, attacker] as const] : []))
}

/** Whether the contract itself lets a stranger to the object in: then going through is no finding. */
export function mayTouch(operation: Operation, resource: Resource, attacker: IdentityPlan): boolean {
  if (operation.rule === null) return resource.shared && operation.method === 'GET'
  return allowsStranger(operation.rule, attacker, resource.extension?.read ?? null)
}

/** The rule for somebody who neither owns the object nor stands in a relation to it. A rule in code counts as no. */
export function allowsStranger(rule: XRule, who: IdentityPlan, read: XRule | null): boolean {
  if ('anyone' in rule || 'signedIn' in rule) return true
  if ('role' in rule) return who.roles.includes(rule.role)
  if ('any' in rule) return rule.any.some((each) => allowsStranger(each, who, read))
  if ('all' in rule) return rule.all.every((each) => allowsStranger(each, who, read))
  if ('reads' in rule) return read !== null && allowsStranger(read, who, null)
  // A fresh sign-in and factors are had by whoever signs in for the attack.
  return 'freshSeconds' in rule || 'factors' in rule
}
