import type { XResource, XRule } from '../openapi/extension.ts'
import { type Change, changes, type Difference, neutral, type Place, plain } from './change.ts'
import { compareRules, EVERYBODY, NOBODY_AT_ALL } from './compare-rules.ts'
import { compareDemand, compareMaximum, compareMinimum, type Order } from './order.ts'
import { own } from './own.ts'
import { ruleText } from './rule-text.ts'

type Field = XResource['fields'][string]

/** What became of one resource: whose it is, who reads it, and the rules of its fields. */
export function resourceChanges(place: Place, was: XResource, is: XResource): readonly Change[] {
  const of = (key: 'id' | 'owner' | 'tenant' | 'read' | 'refer') => ({
    place,
    subject: key,
    before: was[key],
    after: is[key],
  })
  const text = (rule: unknown) => ruleText(rule as XRule)
  return [
    ...changes(was.id === is.id ? 'same' : 'unknown', { kind: 'resource-id', ...of('id') }),
    ...changes(compareDemand(was.owner, is.owner), { kind: 'owner', ...of('owner') }),
    ...changes(compareDemand(was.tenant, is.tenant), { kind: 'tenant', ...of('tenant') }),
    ...changes(compareRules(was.read, is.read), { kind: 'read', ...of('read'), text }),
    ...changes(compareRules(was.refer, is.refer), { kind: 'refer', ...of('refer'), text }),
    ...keysOf(was.parents, is.parents).flatMap((parent) => {
      const [before, after] = [own(was.parents, parent) ?? null, own(is.parents, parent) ?? null]
      return changes(compareDemand(before, after), { kind: 'parent', place, subject: parent, before, after })
    }),
    ...keysOf(was.fields, is.fields).flatMap((name) =>
      fieldChanges(place, name, own(was.fields, name) ?? {}, own(is.fields, name) ?? {}),
    ),
  ]
}

/**
 * A resource that one side does not have. Its rules are lost where operations that may show its objects stay; where they went with it,
 * nothing is left to protect.
 */
export function resourcePresence(
  place: Place,
  was: XResource | null,
  is: XResource | null,
  stillShown: boolean,
): readonly Change[] {
  const facts = (resource: XResource | null) => resource && { owner: resource.owner, read: resource.read }
  const text = (value: unknown) => (value === null ? 'none' : `read by ${ruleText((value as { read: XRule }).read)}`)
  const difference: Difference = { kind: 'resource', place, before: facts(was), after: facts(is), text }
  if (stillShown) return changes(is ? 'narrower' : 'wider', difference)
  return neutral({
    ...difference,
    sentence: is ? `it is new: ${text(facts(is))}` : 'it is gone, with all that showed it',
  })
}

function fieldChanges(place: Place, name: string, was: Field, is: Field): readonly Change[] {
  const of = (key: keyof Field) => ({ place, subject: name, before: was[key] ?? null, after: is[key] ?? null })
  return [
    ...changes(compareRules(grantOf(was.read), grantOf(is.read)), {
      kind: 'field-read',
      ...of('read'),
      text: grantText,
    }),
    ...changes(compareRules(grantOf(was.write), grantOf(is.write)), {
      kind: 'field-write',
      ...of('write'),
      text: grantText,
    }),
    ...changes(maskOrder(was, is), { kind: 'mask', ...of('mask'), text: (mask) => plain(mask) }),
    ...changes(compareMinimum(Number(was.seal ?? false), Number(is.seal ?? false)), { kind: 'seal', ...of('seal') }),
  ]
}

/** No rule is no restriction beyond the object's; `false` lets nobody. */
const grantOf = (grant: XRule | false | undefined): XRule =>
  grant === undefined ? EVERYBODY : grant === false ? NOBODY_AT_ALL : grant

function grantText(grant: unknown): string {
  if (grant === null) return 'whoever gets the object'
  return grant === false ? 'nobody' : ruleText(grant as XRule)
}

/** What a caller sees whom the read rule does not let: nothing, the mask, or the field. A mask that goes while the rule stays leaves nothing to see. */
function maskOrder(was: Field, is: Field): Order {
  if (was.mask === is.mask) return 'same'
  const seen = ({ read, mask }: Field) => (read === false ? 0 : mask !== undefined ? 1 : read === undefined ? 2 : 0)
  const order = compareMaximum(seen(was), seen(is))
  return order === 'same' && was.mask !== undefined && is.mask !== undefined && is.read !== false ? 'unknown' : order
}

const keysOf = (one: object, other: object): readonly string[] =>
  [...new Set([...Object.keys(one), ...Object.keys(other)])].sort()
