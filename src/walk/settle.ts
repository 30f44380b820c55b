import type { AuditEvent } from '../audit/event.ts'
import { Refusal } from '../base/refusal.ts'
import type { Principal } from '../contract/principal.ts'
import type { Gate } from '../gate.ts'
import { type FlowHold, markKey } from '../guards/flow.ts'
import type { Claim } from '../guards/replay.ts'
import type { NotedEvent } from './context.ts'
import type { Plan } from './plan.ts'
import type { Reply } from './reply.ts'
import type { Walk } from './walk.ts'

/** What a request holds until its unit of work commits: the right to run once, quotas, a webhook's delivery. */
export interface Holds {
  readonly idempotency: Claim | null
  readonly delivery: Claim | null
  readonly flow: FlowHold
}

const KEEP_MARK_MILLISECONDS = 365 * 86_400_000

/** The end of a unit of work: the stored reply, the marks of flows and the audit events commit with the handler's writes, or nothing does. */
export async function settle(
  reply: Reply,
  holds: Holds,
  plan: Plan,
  noted: readonly NotedEvent[],
  walk: Walk,
  gate: Gate,
): Promise<void> {
  const at = new Date(gate.clock.now())
  const { claims } = gate.state
  const complete = async (claim: Claim, stored: string | null) => {
    if (!(await claims.complete(claim.key, claim.holder, stored, at)))
      throw new Refusal('conflict', { detail: `the lease of ${claim.key.split(':', 1)[0]} was lost` })
  }
  if (holds.delivery) await complete(holds.delivery, null)
  if (holds.flow.claim) await complete(holds.flow.claim, null)
  if (holds.flow.mark) await complete(holds.flow.mark, null)
  if (holds.idempotency)
    await complete(holds.idempotency, await sealReply(reply, holds.idempotency, walk.principal, gate))
  for (const event of eventsOf(plan, noted, walk)) await gate.audit.append(event)
}

/** Frees what a failed request held. What cannot be freed now frees itself when its lease ends. */
export async function letGo(holds: Partial<Holds>, gate: Gate): Promise<void> {
  const { claims, quotas } = gate.state
  const held = [holds.delivery, holds.flow?.claim, holds.flow?.mark, holds.idempotency].filter(
    (claim) => claim !== null && claim !== undefined,
  )
  const freed = await Promise.allSettled([
    ...held.map(({ key, holder }) => claims.release(key, holder)),
    ...(holds.flow?.reservation ? [quotas.release(holds.flow.reservation)] : []),
  ])
  for (const one of freed)
    if (one.status === 'rejected')
      gate.log.warn({ error: String(one.reason) }, 'a claim could not be released; its lease ends by itself')
}

/** Takes the mark that the step after this one asks for. It stays from the first time that the step succeeded. */
export async function takeMark(
  plan: Plan,
  principal: Principal,
  object: string | null,
  gate: Gate,
): Promise<Claim | null> {
  if (!gate.awaitedSteps.has(plan.endpoint.id)) return null
  const now = gate.clock.now()
  const claim = { key: markKey(plan.endpoint.id, principal, object), holder: `${now}` }
  const verdict = await gate.state.claims.claim({
    ...claim,
    fingerprint: '',
    at: new Date(now),
    leaseUntil: new Date(now + plan.endpoint.limit.timeoutMilliseconds),
    expiresAt: new Date(now + KEEP_MARK_MILLISECONDS),
  })
  return verdict.outcome === 'claimed' ? claim : null
}

interface StoredReply {
  readonly status: number
  readonly body: string | null
}

function replyPlace(claim: { readonly key: string }, principal: Principal) {
  return { tenant: principal.tenant, table: 'turnpike.claims', column: 'reply', id: claim.key, subject: principal.id }
}

/** Null when this very request destroyed its caller's key, as the deletion of an account does: there is nothing left to keep the reply under. */
async function sealReply(reply: Reply, claim: Claim, principal: Principal, gate: Gate): Promise<string | null> {
  const stored: StoredReply = { status: reply.status, body: typeof reply.body === 'string' ? reply.body : null }
  try {
    return await gate.vault.seal(JSON.stringify(stored), replyPlace(claim, principal))
  } catch (error) {
    if (error instanceof Refusal) return null
    throw error
  }
}

/** @throws {Refusal} `conflict` when the caller's data key was destroyed since. */
export async function openReply(sealed: string, key: string, principal: Principal, gate: Gate): Promise<StoredReply> {
  const text = await gate.vault.open<string>(sealed, replyPlace({ key }, principal))
  if (text === null) throw new Refusal('conflict', { detail: 'the stored reply can no longer be opened' })
  return JSON.parse(text) as StoredReply
}

function eventsOf(plan: Plan, noted: readonly NotedEvent[], walk: Walk): readonly AuditEvent[] {
  const shared = {
    outcome: 'success' as const,
    requestId: walk.requestId,
    principal: walk.principal.key,
    tenant: walk.principal.tenant,
    addressKey: walk.request?.addressKey ?? '',
    endpoint: plan.endpoint.id,
    code: null,
    detail: null,
    objects: walk.objects,
  }
  const own = noted.map(({ type, facts }) => ({ ...shared, type, facts }))
  return own.length > 0 ? own : [{ ...shared, type: 'request.changed', facts: {} }]
}
