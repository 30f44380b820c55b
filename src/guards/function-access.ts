import { Refusal } from '../base/refusal.ts'
import { type AccessData, describeAccess, leavesOf } from '../contract/access.ts'
import { isOpen } from '../contract/api.ts'
import { decideFunction } from '../contract/decide.ts'
import type { Endpoint } from '../contract/endpoint.ts'
import type { Principal } from '../contract/principal.ts'

/**
 * Step 6: may this principal call this endpoint at all (OWASP API5, ASVS 8.2.1)? Decided before any byte of the body is read.
 * What depends on an object passes here and is decided in step 9.
 */
export function functionAccess(endpoint: Endpoint, principal: Principal, now: number): void {
  checkClient(endpoint, principal)
  const rule = ruleOf(endpoint)
  if (decideFunction(rule, principal, now) !== 'no') return
  throw refusal(rule, principal, now)
}

const rules = new WeakMap<Endpoint, AccessData>()

/** The endpoint's rule with `reads('invoice')` spelled out as the invoice's read rule: nobody is told to sign in, and no store is asked for him. */
function ruleOf(endpoint: Endpoint): AccessData {
  let rule = rules.get(endpoint)
  if (!rule) {
    rule = spellOut(endpoint.access.data, endpoint)
    rules.set(endpoint, rule)
  }
  return rule
}

function spellOut(rule: AccessData, endpoint: Endpoint): AccessData {
  if (rule.kind === 'any' || rule.kind === 'all')
    return { ...rule, of: rule.of.map((each) => spellOut(each, endpoint)) }
  const read =
    rule.kind === 'reads' ? endpoint.params.find(({ name }) => name === rule.object)?.resource?.read : undefined
  return read?.data ?? rule
}

/** A client is never a user session: it needs the endpoint's own word and the scope it names. */
function checkClient(endpoint: Endpoint, principal: Principal): void {
  if (principal.kind !== 'client' || isOpen(endpoint)) return
  if (endpoint.clients === null) throw new Refusal('forbidden', { detail: 'the endpoint is not for API keys' })
  if (!principal.scopes.includes(endpoint.clients))
    throw insufficientScope([endpoint.clients], `an API key needs the scope ${endpoint.clients}`)
}

function refusal(rule: AccessData, principal: Principal, now: number): Refusal {
  const detail = `"${describeAccess(rule)}" does not hold ${principal.kind === 'nobody' ? 'without a credential' : `for this ${principal.kind}`}`
  if (principal.kind === 'nobody')
    return new Refusal('unauthenticated', { detail, headers: { 'www-authenticate': 'Bearer' } })
  const leaves = leavesOf(rule)
  const without = (kinds: readonly string[]) => pretend(rule, kinds)
  if (
    leaves.some(({ kind }) => kind === 'fresh' || kind === 'factors') &&
    decideFunction(without(['fresh', 'factors']), principal, now) !== 'no'
  )
    return stepUp(rule)
  const scopes = leaves.flatMap((leaf) => (leaf.kind === 'scope' ? [leaf.scope] : []))
  if (scopes.length > 0 && decideFunction(without(['scope']), principal, now) !== 'no')
    return insufficientScope(scopes, detail)
  return new Refusal('forbidden', { detail })
}

/** The rule as if leaves of these kinds held, to find out what was missing. */
function pretend(rule: AccessData, kinds: readonly string[]): AccessData {
  if (rule.kind === 'any' || rule.kind === 'all') return { ...rule, of: rule.of.map((each) => pretend(each, kinds)) }
  return kinds.includes(rule.kind) ? { kind: 'anyone', why: 'pretended' } : rule
}

/** RFC 9470 section 3: what the client must do to pass. */
export function stepUp(rule: AccessData): Refusal {
  const leaves = leavesOf(rule)
  const age = leaves.flatMap((leaf) => (leaf.kind === 'fresh' ? [leaf.seconds] : []))
  const factors = leaves.flatMap((leaf) => (leaf.kind === 'factors' ? [leaf.count] : []))
  const parts = [
    'error="insufficient_user_authentication"',
    'error_description="A more recent or stronger sign-in is required"',
  ]
  if (age.length > 0) parts.push(`max_age="${Math.min(...age)}"`)
  if (factors.length > 0) parts.push(`acr_values="factors:${Math.max(...factors)}"`)
  return new Refusal('step_up_required', {
    detail: `"${describeAccess(rule)}" does not hold`,
    headers: { 'www-authenticate': `Bearer ${parts.join(', ')}` },
  })
}

function insufficientScope(scopes: readonly string[], detail: string): Refusal {
  return new Refusal('insufficient_scope', {
    detail,
    headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scopes.join(' ')}"` },
  })
}
