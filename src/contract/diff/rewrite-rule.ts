import type { XResource, XRule } from '../openapi/extension.ts'

/** The rule with the objects that it names renamed. */
export function renameObjects(rule: XRule, rename: (object: string) => string): XRule {
  if ('any' in rule) return { any: rule.any.map((each) => renameObjects(each, rename)) }
  if ('all' in rule) return { all: rule.all.map((each) => renameObjects(each, rename)) }
  if ('owns' in rule) return { owns: rename(rule.owns) }
  if ('reads' in rule) return { reads: rename(rule.reads) }
  if ('related' in rule) return { related: { relation: rule.related.relation, object: rename(rule.related.object) } }
  return rule
}

/**
 * The rule with `reads: x` replaced by the read rule of the resource behind `x`, so that it can be compared with rules that do not go through it.
 * What names no known resource stays; so does a `reads` inside a read rule, which would never end.
 */
export function expandReads(rule: XRule, resourceOf: (object: string) => XResource | undefined): XRule {
  if ('any' in rule) return { any: rule.any.map((each) => expandReads(each, resourceOf)) }
  if ('all' in rule) return { all: rule.all.map((each) => expandReads(each, resourceOf)) }
  if (!('reads' in rule)) return rule
  const resource = resourceOf(rule.reads)
  return resource ? renameObjects(resource.read, () => rule.reads) : rule
}

/** The objects that a rule looks at. */
export function objectsOf(rule: XRule): readonly string[] {
  if ('any' in rule) return rule.any.flatMap(objectsOf)
  if ('all' in rule) return rule.all.flatMap(objectsOf)
  if ('owns' in rule) return [rule.owns]
  if ('reads' in rule) return [rule.reads]
  return 'related' in rule ? [rule.related.object] : []
}

/** Whether every way to pass the rule looks at the object, or needs an authority over all objects (a role, a rule in code). */
export function holdsObject(rule: XRule, object: string): boolean {
  if ('any' in rule) return rule.any.length > 0 && rule.any.every((each) => holdsObject(each, object))
  if ('all' in rule) return rule.all.some((each) => holdsObject(each, object))
  return 'role' in rule || 'rule' in rule || objectsOf(rule).includes(object)
}

/** Whether the rule can pass without a credential. */
export function isOpen(rule: XRule): boolean {
  if ('any' in rule) return rule.any.some(isOpen)
  if ('all' in rule) return rule.all.length > 0 && rule.all.every(isOpen)
  return 'anyone' in rule
}
