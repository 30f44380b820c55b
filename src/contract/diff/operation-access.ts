import type { XResource, XRule } from '../openapi/extension.ts'
import { type Change, changes } from './change.ts'
import { compareRules } from './compare-rules.ts'
import type { ComparedOperation } from './compared-operation.ts'
import { compareDemand, type Order } from './order.ts'
import { own } from './own.ts'
import { expandReads, isOpen, objectsOf } from './rewrite-rule.ts'
import { ruleText } from './rule-text.ts'

const text = (rule: unknown) => (rule === null ? "the resource's own" : ruleText(rule as XRule))

/** Who may call, which rows a list shows, whether API keys may call, and which objects the path names. */
export function accessChanges({ place, before, after, resources }: ComparedOperation): readonly Change[] {
  const [was, is] = [before.contract, after.contract]
  if (!was || !is) return []
  const order = compareRules(expandReads(was.access, resources(was)), expandReads(is.access, resources(is)))
  const opened = isOpen(was.access) !== isOpen(is.access)
  const kind = opened
    ? 'public'
    : [was, is].some((each) => objectsOf(each.access).length > 0)
      ? 'object-access'
      : 'access'
  return [
    ...changes(order, { kind, place, subject: 'access', before: was.access, after: is.access, text }),
    ...changes(compareEach(was.each, is.each, resources(is)), {
      kind: 'each',
      place,
      subject: 'each',
      before: was.each,
      after: is.each,
      text,
    }),
    ...changes(clientsOrder(was.clients, is.clients), {
      kind: 'clients',
      place,
      subject: 'clients',
      before: was.clients,
      after: is.clients,
    }),
  ]
}

/** Without a rule of its own a list shows what the resource's read rule lets through; which resource that is shows only in the objects that the other rule names. */
function compareEach(
  was: XRule | null,
  is: XRule | null,
  resourceOf: (object: string) => XResource | undefined,
): Order {
  if (was === null && is === null) return 'same'
  const [object] = objectsOf((was ?? is) as XRule)
  const own: XRule = { reads: object ?? '' }
  return compareRules(expandReads(was ?? own, resourceOf), expandReads(is ?? own, resourceOf))
}

/** No scope lets no key in; another scope lets other keys in. */
function clientsOrder(was: string | null, is: string | null): Order {
  if (was === is) return 'same'
  if (was === null) return 'wider'
  return is === null ? 'narrower' : 'unknown'
}

/** Which object a path parameter names, and under which parent it must be. */
export function paramChanges({ place, before, after }: ComparedOperation): readonly Change[] {
  const [was, is] = [before.contract, after.contract]
  if (!was || !is) return []
  const names = [...new Set([...Object.keys(was.params), ...Object.keys(is.params)])].sort()
  return names.flatMap((name) => {
    const nothing = { resource: null, within: null }
    const [one, other] = [own(was.params, name) ?? nothing, own(is.params, name) ?? nothing]
    return [
      ...changes(compareDemand(one.resource, other.resource), {
        kind: 'param-resource',
        place,
        subject: `{${name}}`,
        before: one.resource,
        after: other.resource,
      }),
      ...changes(compareDemand(one.within, other.within), {
        kind: 'param-parent',
        place,
        subject: `{${name}}`,
        before: one.within,
        after: other.within,
      }),
    ]
  })
}
