import { after, type Eventually } from './base/eventually.ts'
import type { Refusal } from './base/refusal.ts'
import type { SignedBody } from './contract/body.ts'
import type { Context } from './contract/context.ts'
import { NOBODY } from './contract/principal.ts'
import type { Gate } from './gate.ts'
import { budgetsOf, inputBudgetsOf, nameSpent } from './guards/budget.ts'
import { readCredential } from './guards/credential.ts'
import { RequestSignal, withDeadline } from './guards/deadline.ts'
import { loadObjects, loadReferences } from './guards/load-objects.ts'
import { rateLimitHeaders } from './guards/rate-limit-headers.ts'
import { preloadKeys, wrapRow } from './guards/sealed-fields.ts'
import { type RawRequest, transport } from './guards/transport.ts'
import { createContext, type NotedEvent } from './walk/context.ts'
import { type Input, readInput } from './walk/input.ts'
import type { Plan } from './walk/plan.ts'
import { problemReply, record, toRefusal } from './walk/record.ts'
import type { Reply } from './walk/reply.ts'
import { type Holds, letGo, openReply, settle, takeMark } from './walk/settle.ts'
import { Walk } from './walk/walk.ts'

/** A request that may reach its handler: everything the handler gets, and what is settled with it. */
interface Admitted {
  readonly plan: Plan
  readonly input: Readonly<Record<string, unknown>>
  readonly context: Context
  readonly noted: readonly NotedEvent[]
  readonly holds: Holds
}

/**
 * The whole walk of a request, whatever host stands before it: admit, handle, release, record. Never throws.
 * @param signal - Aborted by the host when the client leaves.
 */
export async function serveRequest(raw: RawRequest, gate: Gate, signal = new RequestSignal()): Promise<Reply> {
  const walk = new Walk(raw.method)
  let refusal: Refusal | null = null
  let reply: Reply
  try {
    const admitted = await admit(raw, gate, walk, signal)
    reply = 'status' in admitted ? admitted : await handle(admitted, gate, walk, signal)
  } catch (error) {
    refusal = toRefusal(error)
    reply = problemReply(refusal, walk, gate.checks)
  }
  const sent = withHeaders(reply, gate, walk)
  record(walk, sent, refusal, gate) // 14 record
  return sent
}

/** Walks a request in. Each step's argument is what the steps before established; a preflight or a stored reply ends the walk early. */
async function admit(raw: RawRequest, gate: Gate, walk: Walk, signal: RequestSignal): Promise<Admitted | Reply> {
  const { checks, state } = gate
  walk.enter('transport')
  const request = transport(raw, gate.transport, (key) => checks.addressBucket(gate.takeFromBucket, key)) // 1 one canonical request
  walk.request = request

  walk.enter('inventory')
  const method =
    request.method === 'OPTIONS' ? (request.headers.get('access-control-request-method') ?? 'OPTIONS') : request.method
  const found = gate.inventory.find(method, request.segments) // 2 known and the right method
  const { endpoint } = found
  const now = gate.clock.now()
  walk.endpoint = endpoint
  walk.headers = checks.lifecycle(endpoint.lifecycle, now) // and alive
  const plan = gate.planOf(endpoint)
  checks.acceptable(request.headers.get('accept'), plan.mediaType)

  walk.enter('origin')
  const methods = request.method === 'OPTIONS' ? gate.inventory.methodsOf(request.segments) : []
  const cross = checks.origin(request, gate.origins, methods) // 3 may a browser there ask
  if (cross.preflight) return { ...cross.preflight, body: null }
  if (request.method === 'OPTIONS') gate.inventory.find('OPTIONS', request.segments)
  walk.headers = joined(walk.headers, cross.headers)

  walk.enter('identity')
  const credential = readCredential(request.headers.get('authorization'))
  const answer = credential && checks.verify(gate.identity, credential) // 4 who says they call
  const verified = answer instanceof Promise ? await answer : answer
  const principal = verified?.principal ?? NOBODY
  walk.principal = principal

  walk.enter('budget')
  if (verified) {
    // Before anything is spent: whoever holds a revoked credential must not use up its owner's budget.
    const asked = state.admission.admit([], {
      principalKey: principal.key,
      sessionId: principal.sessionId,
      tokenId: principal.tokenId,
    })
    checks.standing(verified, (asked instanceof Promise ? await asked : asked).standing) // 5 not revoked
  }
  const budgets = budgetsOf(endpoint, request.addressKey, principal)
  const given = state.admission.admit(budgets, null)
  walk.spent = nameSpent(budgets, (given instanceof Promise ? await given : given).spent)
  checks.budget(walk.spent) // and not spent

  walk.enter('function')
  checks.functionAccess(endpoint, principal, now) // 6 may they call this

  walk.enter('input')
  const read = readInput(request, found.params, plan, principal, gate) // 7 shape
  const input = read instanceof Promise ? await read : read
  if (endpoint.limit.by.length > 0) {
    const inputBudgets = inputBudgetsOf(endpoint, input, gate.identity.deviceOf?.(input.body) ?? null)
    const spent = nameSpent(inputBudgets, (await state.admission.admit(inputBudgets, null)).spent)
    walk.spent = [...walk.spent, ...spent]
    checks.inputBudget(spent)
  }

  let holds: Holds = { idempotency: null, delivery: null, flow: { claim: null, reservation: null, mark: null } }
  try {
    walk.enter('replay')
    if (input.delivery !== null)
      holds = {
        ...holds,
        delivery: await checks.takeDelivery(input.delivery, endpoint.body as SignedBody, state.claims, now),
      }
    const sent = {
      header: request.headers.get('idempotency-key'),
      method: request.method,
      path: request.path,
      query: request.query,
      bytes: input.bytes,
    }
    const claim =
      endpoint.idempotency === 'none' ? null : await checks.replay(sent, endpoint, principal, state.claims, now) // 8 done before
    const stored = claim && 'reply' in claim ? claim : null
    walk.replayed = stored !== null
    if (claim && 'holder' in claim) holds = { ...holds, idempotency: claim }

    walk.enter('object')
    const { context, noted } = createContext(principal, plan, walk, signal, gate)
    if (stored)
      return await withDeadline(endpoint.limit.timeoutMilliseconds, signal, () =>
        replayStored(stored, plan, input, context, gate),
      )
    // The application's own queries answer in time, too, or the request ends without them.
    const handed = await withDeadline(endpoint.limit.timeoutMilliseconds, signal, () =>
      authorizeObjects(plan, input, context, walk, gate),
    ) // 9 may they touch this

    walk.enter('flow')
    if (endpoint.flow || gate.awaitedSteps.has(endpoint.id)) {
      await enterFlow(plan, context, walk, gate, (held) => {
        holds = { ...holds, flow: held }
      }) // 10 now, once, in order
    }
    return { plan, input: handed, context, noted, holds }
  } catch (error) {
    await letGo(holds, gate)
    throw error
  }
}

/** Step 9: loads what the request names; the handler gets these objects, never an id. */
async function authorizeObjects(
  plan: Plan,
  input: Input,
  context: Context,
  walk: Walk,
  gate: Gate,
): Promise<Readonly<Record<string, unknown>>> {
  const { checks, vault } = gate
  const { endpoint } = plan
  const objects = await loadObjects(endpoint.params, input.params, context)
  walk.objects = objects.map(({ resource, row }) => `${resource.name}:${String(row[resource.id])}`)
  checks.tenantWall(objects, context)
  checks.parentLink(objects)
  // Public endpoints and rules about the principal alone were decided in step 6; with objects the whole rule is decided again, on them.
  const decided = checks.objectAccess(endpoint.access.data, objects, context)
  if (decided instanceof Promise) await decided
  if (plan.body?.references || plan.query?.references) await authorizeReferences(plan, input, context, gate)
  const handed: Record<string, unknown> = joined(input.params, { body: input.body, query: input.query })
  for (const { name, resource, row } of objects) handed[name] = wrapRow(resource, row, vault)
  return handed
}

/** Step 9 for ids in a body or query: each becomes the object that it names. */
async function authorizeReferences(
  plan: Plan,
  { body, query }: Input,
  context: Context,
  { checks, vault }: Gate,
  which: 'all' | 'those that still exist' = 'all',
): Promise<void> {
  for (const [value, at, compiled] of [
    [body, '/body', plan.body?.references],
    [query, '/query', plan.query?.references],
  ] as const) {
    const named = compiled?.(value) ?? []
    if (named.length === 0) continue
    const loaded = await loadReferences(named, context)
    const found = named
      .map((place, index) => ({ place, row: loaded[index] ?? null }))
      .filter(({ row }) => which === 'all' || row !== null)
    await checks.referenceAccess(
      found.map(({ place }) => ({ resource: place.resource, at: at + place.at })),
      found.map(({ row }) => row),
      context,
    )
    for (const { place, row } of found) place.put(row ? wrapRow(place.resource, row, vault) : null)
  }
}

/** Step 10: what a sensitive flow needs; what it takes is handed to `hold` at once, so that a later refusal gives it back. */
async function enterFlow(
  plan: Plan,
  context: Context,
  walk: Walk,
  gate: Gate,
  hold: (held: Holds['flow']) => void,
): Promise<void> {
  const { checks, state } = gate
  const { endpoint } = plan
  let held: Holds['flow'] = { claim: null, reservation: null, mark: null }
  const object = walk.objects.at(-1) ?? null
  if (endpoint.flow) {
    const call = { endpoint, flow: endpoint.flow, principal: context.principal, object, now: context.now().getTime() }
    checks.flowStepUp(call)
    await checks.flowOrder(call, state)
    held = { ...held, claim: await checks.flowOnce(call, state) }
    hold(held)
    held = { ...held, reservation: await checks.flowQuota(call, state) }
    hold(held)
  }
  hold({ ...held, mark: await takeMark(plan, context.principal, object, gate) })
}

/** Step 8, second half: the stored reply, after the objects are authorized again where they still exist. */
async function replayStored(
  stored: { readonly key: string; readonly reply: string },
  plan: Plan,
  input: Input,
  context: Context,
  gate: Gate,
): Promise<Reply> {
  const { status, body } = await openReply(stored.reply, stored.key, context.principal, gate)
  const objects = await loadObjects(plan.endpoint.params, input.params, context).catch((error: unknown) => {
    // Row-level security hides what is gone and what is no longer this caller's alike: only a reply that says nothing is repeated.
    if (toRefusal(error).code === 'not_found' && body === null) return null
    throw error
  })
  if (objects) {
    gate.checks.tenantWall(objects, context)
    gate.checks.parentLink(objects)
    await gate.checks.objectAccess(plan.endpoint.access.data, objects, context)
  }
  await authorizeReferences(plan, input, context, gate, 'those that still exist')
  return {
    status,
    body,
    headers: {
      'idempotency-replayed': 'true',
      ...(body === null ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    },
  }
}

/** Step 11: the handler, until its deadline. Its writes, the stored reply and the audit event commit together, after projection succeeded. */
async function handle(admitted: Admitted, gate: Gate, walk: Walk, signal: RequestSignal): Promise<Reply> {
  const { plan, input, context, noted, holds } = admitted
  const { endpoint } = plan
  walk.enter('handle')
  const run = () => after(endpoint.handle(input, context), (value) => release(value, admitted, gate, walk)) // 11 handle, then 12 and 13
  const committed = (reply: Reply) =>
    gate.state.transaction(async () => {
      await settle(reply, holds, plan, noted, walk, gate)
      return reply
    })
  const unit = async () => {
    const reply = await run()
    if (signal.aborted) throw context.signal.reason
    return await committed(reply)
  }
  // A GET writes nothing itself, so it needs no unit around it; what it audited is stored before it answers.
  const reading = () => after(run(), (reply) => (noted.length === 0 ? reply : committed(reply)))
  const isRead = endpoint.method === 'GET' && endpoint.flow === null && holds.flow.mark === null
  let leave = () => {}
  try {
    leave = gate.enter(endpoint.id, gate.checks.concurrency(endpoint.limit.concurrency))
    const work = isRead ? reading : () => gate.state.transaction(unit)
    const running = withDeadline(gate.checks.deadline(endpoint.limit.timeoutMilliseconds), signal, work)
    return running instanceof Promise ? await running : running
  } catch (error) {
    await letGo(holds, gate)
    throw error
  } finally {
    leave()
  }
}

/** Walks a reply out: rows are checked raw, then projected, since after projection the owner may be gone. */
function release(value: unknown, admitted: Admitted, gate: Gate, walk: Walk): Eventually<Reply> {
  const { plan, context } = admitted
  const { endpoint } = plan
  walk.enter('reply')
  if ('kind' in endpoint.reply && endpoint.reply.kind === 'nothing')
    return { status: endpoint.status, headers: {}, body: null }
  if ('kind' in endpoint.reply && endpoint.reply.kind === 'stream') {
    return {
      status: endpoint.status,
      headers: { 'content-type': endpoint.reply.mediaType },
      body: value as Reply['body'],
    }
  }
  const { project } = plan
  if (!project) throw new TypeError(`${endpoint.id} has no projection`)
  const places = plan.rows?.(value) ?? []
  const checked = gate.checks.replyRows(places, endpoint.each?.data ?? null, context) // 12 every row is the caller's
  return after(
    after(checked, () => preloadKeys(places, gate.vault)),
    () => {
      const reader = gate.checks.reader(context.principal, gate.clock.now(), gate.vault)
      const body = JSON.stringify(gate.checks.projection(project, value, reader))
      return { status: endpoint.status, headers: JSON_HEADERS, body }
    },
  )
}

const JSON_HEADERS = Object.freeze({ 'content-type': 'application/json; charset=utf-8' })

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({})

/** Step 13, for every reply and every refusal. */
function withHeaders(reply: Reply, gate: Gate, walk: Walk): Reply {
  const page =
    walk.endpoint?.reply !== undefined &&
    'kind' in walk.endpoint.reply &&
    walk.endpoint.reply.kind === 'stream' &&
    walk.endpoint.reply.page &&
    reply.status < 400
  const security = gate.checks.securityHeaders(page ? gate.pageHeaders : gate.apiHeaders, walk.request?.tls === true)
  const own = { 'x-request-id': walk.requestId }
  // A preflight is no success of the endpoint that it asks for.
  const declared = (reply.status < 300 && walk.method !== 'OPTIONS' && walk.endpoint?.headers) || NO_HEADERS
  return {
    status: reply.status,
    headers: joined(security, walk.headers, rateLimitHeaders(walk.spent), own, reply.headers, declared),
    body: reply.body,
  }
}

/** One record of several, where the later ones win. */
function joined<T>(...records: readonly Readonly<Record<string, T>>[]): Record<string, T> {
  const whole: Record<string, T> = {}
  for (const record of records) for (const name of Object.keys(record)) whole[name] = record[name] as T
  return whole
}
