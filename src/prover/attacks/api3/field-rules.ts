import type { XRule } from '../../../contract/openapi/extension.ts'
import type { IdentityPlan } from '../../plan/plan.ts'

/**
 * Whether the contract certainly shuts this caller out. What cannot be judged from outside (a rule in code, a relation) counts as let in.
 * @param owns - He owns the object that the rule is about.
 */
export function isBarred(rule: XRule | false | undefined, who: IdentityPlan, owns: boolean): boolean {
  if (rule === undefined) return false
  if (rule === false) return true
  if ('role' in rule) return !who.roles.includes(rule.role)
  if ('owns' in rule) return !owns
  if ('any' in rule) return rule.any.every((each) => isBarred(each, who, owns))
  if ('all' in rule) return rule.all.some((each) => isBarred(each, who, owns))
  return false
}
