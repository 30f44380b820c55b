import type { XRule } from '../../contract/openapi/extension.ts'
import type { Case, Untested } from '../attack.ts'
import type { IdentityPlan, Operation, Plan, Resource } from '../plan/plan.ts'

/** Ordinary users: whoever is no admin, no client and not kept for destruction. */
export const usersOf = (plan: Plan): readonly IdentityPlan[] =>
  plan.identities.filter(({ kind, spare }) => kind === 'user' && !spare)

/** The first user, in whose name operations are tried that need only somebody. */
export const firstUser = (plan: Plan): IdentityPlan | null => usersOf(plan)[0] ?? null

export interface PairCase extends Case {
  readonly operation: Operation
  readonly owner: string
  readonly attacker: string
}

/**
 * Operations on somebody's objects × ordered pairs of an owner and a stranger to him.
 * @param pairs - `all` for the cheapest attacks; `main` takes one stranger of the tenant and one of another.
 */
export function* pairCases(
  plan: Plan,
  pairs: 'all' | 'main',
  wanted: (operation: Operation, resource: Resource) => boolean,
): Generator<PairCase | Untested> {
  const users = usersOf(plan)
  for (const operation of plan.operations) {
    const resource = plan.resources.find(({ name }) => name === operation.resource)
    if (!resource || operation.leftOut || operation.access === 'public' || !wanted(operation, resource)) continue
    if (users.length < 2) {
      yield { operation, untested: 'needs another identity; add --as bob=…, or a second user under identities' }
      continue
    }
    for (const [owner, attacker] of pairsOf(plan, pairs))
      if (!mayTouch(operation, resource, attacker)) yield { operation, owner: owner.name, attacker: attacker.name }
  }
}

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
