import type { AccessData } from '../access.ts'
import type { XRule } from '../openapi/extension.ts'

/** A rule of `x-turnpike` as a contract holds it. A rule in code is known by its name only and lets nobody in. */
export function accessOfRule(rule: XRule): AccessData {
  if ('anyone' in rule) return { kind: 'anyone', why: rule.anyone }
  if ('signedIn' in rule) return { kind: 'signedIn' }
  if ('scope' in rule) return { kind: 'scope', scope: rule.scope }
  if ('role' in rule) return { kind: 'role', role: rule.role }
  if ('owns' in rule) return { kind: 'owns', object: rule.owns }
  if ('related' in rule) return { kind: 'related', ...rule.related }
  if ('reads' in rule) return { kind: 'reads', object: rule.reads }
  if ('freshSeconds' in rule) return { kind: 'fresh', seconds: rule.freshSeconds }
  if ('factors' in rule) return { kind: 'factors', count: rule.factors }
  if ('rule' in rule) return { kind: 'rule', name: rule.rule, check: () => false }
  if ('any' in rule) return { kind: 'any', of: rule.any.map(accessOfRule) }
  return { kind: 'all', of: rule.all.map(accessOfRule) }
}
