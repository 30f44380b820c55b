import type { XRule } from '../../../contract/openapi/extension.ts'
import type { IdentityPlan, Operation } from '../../plan/plan.ts'

/**
 * Whether an identity may not call an operation at all, whatever the object: true, false, or null where nobody says or the object decides.
 * API keys may call only what names a scope for them (`clients`).
 */
export function deniesFunction({ rule, access, extension }: Operation, who: IdentityPlan): boolean | null {
  if (rule === null) {
    if (who.kind === 'admin') return null
    return access === 'admin' ? true : access === 'public' ? false : null
  }
  if (who.kind === 'client' && access !== 'public') return extension?.clients == null ? true : null
  return denies(rule, who)
}

function denies(rule: XRule, who: IdentityPlan): boolean | null {
  if ('anyone' in rule || 'signedIn' in rule) return false
  if ('role' in rule) return !who.roles.includes(rule.role)
  if ('any' in rule) return every(rule.any.map((each) => denies(each, who)))
  if ('all' in rule) return some(rule.all.map((each) => denies(each, who)))
  // Ownership, relations and rules in code depend on the object; scopes of an identity are not known.
  return null
}

const every = (all: readonly (boolean | null)[]): boolean | null =>
  all.includes(false) ? false : all.includes(null) ? null : true

const some = (all: readonly (boolean | null)[]): boolean | null =>
  all.includes(true) ? true : all.includes(null) ? null : false
