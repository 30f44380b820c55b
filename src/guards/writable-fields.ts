import { type InputFault, Refusal } from '../base/refusal.ts'
import type { AccessData } from '../contract/access.ts'
import { resourcesIn } from '../contract/api.ts'
import { schemaOfBody } from '../contract/body.ts'
import { decideFunction } from '../contract/decide.ts'
import type { Endpoint } from '../contract/endpoint.ts'
import type { Principal } from '../contract/principal.ts'
import { schemaOfReply } from '../contract/reply.ts'

/** A member of a body, at any depth, that a resource guards: nobody may set it, or only whom the rule names. */
export interface WriteRule {
  readonly member: string
  readonly rule: AccessData | null
}

/** The write rules that hold for an endpoint's body: those of every resource in its path and reply (OWASP API3, ASVS 8.2.3). */
export function writeRulesOf(endpoint: Endpoint): readonly WriteRule[] {
  if (schemaOfBody(endpoint.body) === null) return []
  const resources = new Set([
    ...endpoint.params.flatMap(({ resource }) => (resource ? [resource] : [])),
    ...resourcesIn(schemaOfReply(endpoint.reply), 'output'),
  ])
  return [...resources].flatMap((resource) =>
    Object.entries(resource.fields).flatMap(([member, { write }]) =>
      write === undefined ? [] : [{ member, rule: write === false ? null : write.data }],
    ),
  )
}

/**
 * Step 7: refuses members that this principal may not set, however deep they stand, all at once, even with the value they have.
 * A rule about an object denies here.
 */
export function writableFields(rules: readonly WriteRule[], body: unknown, principal: Principal, now: number): void {
  if (rules.length === 0) return
  const denied = new Set(
    rules.flatMap(({ member, rule }) =>
      rule !== null && decideFunction(rule, principal, now) === 'yes' ? [] : [member],
    ),
  )
  const faults: InputFault[] = [...placesOf(body, denied, '/body')].map((at) => ({
    at,
    message: 'may not be set by this caller',
  }))
  if (faults.length > 0)
    throw new Refusal('invalid_input', {
      faults,
      detail: `members not writable: ${faults.map(({ at }) => at).join(', ')}`,
    })
}

/** As deep as the JSON parser lets a body be. */
function* placesOf(value: unknown, names: ReadonlySet<string>, at: string): Generator<string> {
  if (typeof value !== 'object' || value === null) return
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue
    const place = `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    if (!Array.isArray(value) && names.has(name)) yield place
    else yield* placesOf(member, names, place)
  }
}
