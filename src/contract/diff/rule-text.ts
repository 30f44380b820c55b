import type { XRule } from '../openapi/extension.ts'

/** A rule in a few words, in the contract's own: `owns invoice or role admin`. */
export function ruleText(rule: XRule): string {
  if ('anyone' in rule) return 'anyone'
  if ('signedIn' in rule) return 'signedIn'
  if ('related' in rule) return `${rule.related.relation} of ${rule.related.object}`
  if ('freshSeconds' in rule) return `signed in within ${rule.freshSeconds} s`
  if ('rule' in rule) return `rule "${rule.rule}"`
  if ('factors' in rule) return `${rule.factors} factors`
  if ('any' in rule) return rule.any.length === 0 ? 'nobody' : rule.any.map(ruleText).join(' or ')
  if ('all' in rule) {
    if (rule.all.length === 0) return 'nobody'
    return rule.all
      .map((each) => ('any' in each && each.any.length > 1 ? `(${ruleText(each)})` : ruleText(each)))
      .join(' and ')
  }
  return Object.entries(rule)
    .map(([key, value]) => `${key} ${String(value)}`)
    .join(' ')
}
