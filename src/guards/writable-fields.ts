import { type InputFault, Refusal } from '../base/refusal.ts'
import type { AccessData } from '../contract/access.ts'
import { decideFunction } from '../contract/decide.ts'
import { schemaOfBody } from '../contract/body.ts'
import type { Endpoint } from '../contract/endpoint.ts'
import type { Principal } from '../contract/principal.ts'
import { resourcesIn } from '../contract/api.ts'
import { schemaOfReply } from '../contract/reply.ts'

/** A body member that a resource guards: nobody may set it, or only whom the rule names. */
export interface WriteRule {
  readonly member: string
  readonly rule: AccessData | null
}

/** The write rules that hold for an endpoint's body: those of every resource in its path and reply (OWASP API3, ASVS 8.2.3). */
export function writeRulesOf(endpoint: Endpoint): readonly WriteRule[] {
  if (schemaOfBody(endpoint.body) === null) return []
  const resources = new Set([...endpoint.params.flatMap(({ resource }) => (resource ? [resource] : [])), ...resourcesIn(schemaOfReply(endpoint.reply), 'output')])
  return [...resources].flatMap((resource) =>
    Object.entries(resource.fields).flatMap(([member, { write }]) => (write === undefined ? [] : [{ member, rule: write === false ? null : write.data }])),
  )
}

/** Step 7: refuses members that this principal may not set, all at once, even with the value they have. A rule about an object denies here. */
export function writableFields(rules: readonly WriteRule[], body: unknown, principal: Principal, now: number): void {
  if (rules.length === 0 || typeof body !== 'object' || body === null) return
  const faults: InputFault[] = []
  for (const { member, rule } of rules) {
    if (!Object.hasOwn(body, member) || (body as Record<string, unknown>)[member] === undefined) continue
    if (rule === null || decideFunction(rule, principal, now) !== 'yes') faults.push({ at: `/body/${member}`, message: 'may not be set by this caller' })
  }
  if (faults.length > 0) throw new Refusal('invalid_input', { faults, detail: `members not writable: ${faults.map(({ at }) => at).join(', ')}` })
}
