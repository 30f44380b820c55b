import type { XRule } from '../openapi/extension.ts'
import { type Change, changes } from './change.ts'
import { compareRules, EVERYBODY } from './compare-rules.ts'
import type { ComparedOperation } from './compared-operation.ts'
import type { OperationOutline } from './outline.ts'

/** Which security schemes a call needs. */
export function securityChanges({ place, before, after }: ComparedOperation): readonly Change[] {
  const [was, is] = [before.security, after.security]
  return changes(compareRules(asRule(was), asRule(is)), {
    kind: isOpen(was) === isOpen(is) ? 'security' : 'public',
    place,
    subject: 'security',
    before: was,
    after: is,
    text: (sets) => schemesText(sets as OperationOutline['security']),
  })
}

/** Alternatives of sets: a rule over schemes, each a thing of its own. Null and an empty set ask for nothing. */
function asRule(sets: OperationOutline['security']): XRule {
  if (sets === null) return EVERYBODY
  return { any: sets.map((set) => (set.length === 0 ? EVERYBODY : { all: set.map((scheme) => ({ rule: scheme })) })) }
}

export const isOpen = (sets: OperationOutline['security']): boolean =>
  sets === null || sets.some((set) => set.length === 0)

function schemesText(sets: OperationOutline['security']): string {
  if (sets === null || sets.length === 0) return 'none'
  return sets.map((set) => (set.length === 0 ? 'none' : set.join(' and '))).join(' or ')
}
