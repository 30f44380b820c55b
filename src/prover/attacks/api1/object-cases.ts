import type { Case, Untested } from '../../attack.ts'
import type { IdentityPlan, Operation, Plan, Reference, Resource } from '../../plan/plan.ts'
import { NotTested } from '../../verdict.ts'
import { mayTouch, type Pair, pairsOf, usersOf } from '../pairs.ts'

export interface ObjectCase extends Case {
  readonly operation: Operation
  readonly owner: string
  readonly attacker: string
}

export const ANOTHER_USER = 'needs another identity; add --as bob=…, or a second user under identities'

/** A case without what it is about: never a pass. */
export const nothingKnown = (): NotTested => new NotTested('nothing is known of what the operation names')

/** Operations that ordinary users may call in the name of themselves: what is left to object level checks. */
export const forUsers = ({ leftOut, access, purpose, rule }: Operation): boolean =>
  !leftOut &&
  access !== 'public' &&
  access !== 'admin' &&
  purpose !== 'auth' &&
  // A delivery is nobody's; a rule says that somebody calls it all the same.
  (purpose !== 'webhook' || rule !== null)

/** Path parameters that name objects, outermost first. */
export const pathObjects = ({ references }: Operation): readonly Reference[] =>
  references.filter((each) => each.in === 'path' && each.of !== 'tenant')

export const resourceNamed = (plan: Plan, name: string | null | undefined): Resource | null =>
  plan.resources.find((each) => each.name === name) ?? null

/** The resource that the last id of the path names. */
export const addressed = (plan: Plan, operation: Operation): Resource | null =>
  resourceNamed(plan, pathObjects(operation).at(-1)?.resource)

/** Operations with an id of an object in the path × pairs of its owner and a stranger whom no contract lets in. */
export function objectCases(
  plan: Plan,
  pairs: 'all' | 'main',
  wanted: (operation: Operation, resource: Resource) => boolean,
): readonly (ObjectCase | Untested)[] {
  return plan.operations.flatMap((operation) => {
    const resource = addressed(plan, operation)
    if (resource === null || !forUsers(operation) || !wanted(operation, resource)) return []
    return withPairs(plan, operation, pairs, (attacker) => mayTouch(operation, resource, attacker))
  })
}

/** An operation × pairs of somebody and a stranger to him, for attackers whom nothing lets in. */
export function withPairs(
  plan: Plan,
  operation: Operation,
  pairs: 'all' | 'main' | 'one',
  isAllowed: (attacker: IdentityPlan) => boolean,
  variant?: string,
): readonly (ObjectCase | Untested)[] {
  if (usersOf(plan).length < 2) return [{ operation, untested: ANOTHER_USER }]
  const all = pairs === 'all' ? [...pairsOf(plan, 'all'), ...keyPairs(plan)] : pairsOf(plan, 'main')
  const chosen = all.filter(([, attacker]) => !isAllowed(attacker))
  return (pairs === 'one' ? chosen.slice(0, 1) : chosen).map(([owner, attacker]) => ({
    operation,
    owner: owner.name,
    attacker: attacker.name,
    ...(variant === undefined ? {} : { variant }),
  }))
}

/** An API key of one user against the objects of another. Only of a key that was made for the run is it known whose it is. */
function keyPairs(plan: Plan): readonly Pair[] {
  return plan.identities.flatMap((client): Pair[] => {
    if (client.kind !== 'client' || client.source.kind !== 'minted') return []
    const { as } = client.source
    const victim = usersOf(plan).find(({ name }) => name !== as)
    return victim ? [[victim, client]] : []
  })
}
