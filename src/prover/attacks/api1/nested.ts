import { type BuiltDraft, fillPath } from '../../plan/build-draft.ts'
import type { Operation, Plan, Resource } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { NotTested } from '../../verdict.ts'
import type { Thing } from '../../world.ts'
import { pathObjects, resourceNamed } from './object-cases.ts'

/** Paths with an object inside another: `/orders/{order}/items/{item}`. */

/** The resource that the last but one id names; null where there is none. */
export function parentOf(plan: Plan, operation: Operation): Resource | null {
  const references = pathObjects(operation)
  return references.length < 2 ? null : resourceNamed(plan, references.at(-2)?.resource)
}

/** The same, where the tenant that an object stands in counts as its parent: `/orgs/{org}/devices/{device}`. */
export function surroundingOf(plan: Plan, operation: Operation): Resource | null {
  const references = pathPlaces(operation)
  return references.at(-1)?.of !== 'object' ? null : resourceNamed(plan, references.at(-2)?.resource)
}

const pathPlaces = ({ references }: Operation) => references.filter((each) => each.in === 'path')

/** A request's path with everything but its last id taken from another's objects. */
export async function underParentsOf(
  probe: Probe,
  operation: Operation,
  draft: BuiltDraft,
  parent: Thing,
): Promise<BuiltDraft> {
  const params: Record<string, string> = { ...draft.params }
  for (const { name, resource } of pathPlaces(operation).slice(0, -1)) {
    const above = parent.chain.find((each) => each.resource.name === resource)
    params[name] = (above ?? (await probe.object(resource, parent.owner))).id
  }
  if (Object.entries(params).every(([name, value]) => draft.params[name] === value))
    throw new NotTested(`both have their ${parent.resource.name} in common, so no other can be put in its place`)
  return { ...draft, params, path: fillPath(operation.path, params) }
}
