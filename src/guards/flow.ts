import { randomUUID } from 'node:crypto'
import { Refusal } from '../base/refusal.ts'
import { decideFunction } from '../contract/decide.ts'
import type { Endpoint } from '../contract/endpoint.ts'
import type { Flow } from '../contract/flow.ts'
import type { Principal } from '../contract/principal.ts'
import type { Claims, Quotas } from '../stores/store.ts'

/** Within what every database can hold. */
const FOREVER = new Date(Date.UTC(9999, 0))
const LEASE_MARGIN_MILLISECONDS = 30_000

/** What a flow step holds until it succeeds or fails. */
export interface FlowHold {
  readonly claim: { readonly key: string; readonly holder: string } | null
  readonly reservation: string | null
  /** Marks the step as done, for the step after it. */
  readonly mark: { readonly key: string; readonly holder: string } | null
}

export interface FlowCall {
  readonly endpoint: Endpoint
  readonly flow: Flow
  readonly principal: Principal
  /** `invoice:6f…` of the path's last object, or null. */
  readonly object: string | null
  readonly now: number
}

export interface FlowStores {
  readonly claims: Claims
  readonly quotas: Quotas
}

/** Step 10: the sign-in that a sensitive step needs is told to the client (RFC 9470). */
export function flowStepUp({ flow, principal, now }: FlowCall): void {
  if (flow.stepUp && decideFunction(flow.stepUp.data, principal, now) !== 'yes')
    throw new Refusal('step_up_required', {
      headers: { 'www-authenticate': 'Bearer error="insufficient_user_authentication"' },
    })
}

/** Step 10: the step before was done, by this principal, on this object, and not a moment ago (ASVS 2.3.1, 2.4.2). */
export async function flowOrder({ flow, principal, object, now }: FlowCall, { claims }: FlowStores): Promise<void> {
  if (flow.after === null) return
  const done =
    (await claims.doneAt(markKey(flow.after, principal, object))) ??
    (await claims.doneAt(markKey(flow.after, principal, null)))
  if (!done) throw new Refusal('conflict', { detail: `the step "${flow.after}" was not done` })
  const wait = done.getTime() + flow.minimumSeconds * 1000 - now
  if (wait > 0)
    throw new Refusal('rate_limited', {
      detail: 'faster than a person',
      headers: { 'retry-after': String(Math.ceil(wait / 1000)) },
    })
}

/** Step 10: a durable quota for each principal (ASVS 2.3.2, 2.3.4): reserved at once, given back when the step fails. */
export async function flowQuota(
  { endpoint, flow, principal, now }: FlowCall,
  { quotas }: FlowStores,
): Promise<string | null> {
  if (!flow.perPrincipal) return null
  const { count, windowSeconds } = flow.perPrincipal
  const reservation = await quotas.reserve(`flow:${endpoint.id}:${principal.key}`, count, windowSeconds, new Date(now))
  if (reservation === null)
    throw new Refusal('rate_limited', {
      detail: `quota of ${count} in ${windowSeconds} s`,
      headers: { 'retry-after': String(windowSeconds) },
    })
  return reservation
}

/** Step 10: an action that succeeds once (OWASP API6). */
export async function flowOnce(
  { endpoint, flow, principal, object, now }: FlowCall,
  { claims }: FlowStores,
): Promise<{ key: string; holder: string } | null> {
  if (!flow.once) return null
  const claim = { key: `once:${endpoint.id}:${object ?? principal.key}`, holder: randomUUID() }
  const verdict = await claims.claim({
    ...claim,
    fingerprint: '',
    at: new Date(now),
    leaseUntil: new Date(now + endpoint.limit.timeoutMilliseconds + LEASE_MARGIN_MILLISECONDS),
    expiresAt: FOREVER,
  })
  if (verdict.outcome === 'claimed') return claim
  throw new Refusal('conflict', { detail: verdict.outcome === 'done' ? 'it was done before' : 'it is being done' })
}

/** Where a finished step is remembered for the step after it. */
export function markKey(endpointId: string, principal: Principal, object: string | null): string {
  return `step:${endpointId}:${principal.key}:${object ?? ''}`
}
