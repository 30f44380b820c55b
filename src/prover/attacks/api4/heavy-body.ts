import type { Case } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { BuiltDraft } from '../../plan/build-draft.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, pass, type Verdict } from '../../verdict.ts'
import { callerOf, focusOf } from '../focus.ts'
import { toChange } from '../to-change.ts'
import { isLimited } from './limits.ts'

const isJson = (mediaType: string): boolean => /^application\/json/.test(mediaType)

const takesJson = ({ read }: Operation): boolean =>
  (read.body?.content ?? []).some(({ mediaType }) => isJson(mediaType))

/** One operation that takes JSON and makes something small: parsers and their limits are a matter of the server. */
export function heavyCases(plan: Plan): readonly Case[] {
  const focus = focusOf(plan)
  const operation = focus && takesJson(focus) ? focus : smallMaker(plan)
  const caller = operation && callerOf(plan, operation)
  return operation && caller ? [{ operation, owner: caller.name }] : []
}

/** What makes something that can be read back, or else anything that makes something. */
function smallMaker(plan: Plan): Operation | null {
  const makers = plan.operations.filter(
    (each) => takesJson(each) && each.purpose === 'create' && !each.leftOut && each.access !== 'admin',
  )
  const isRead = ({ resource }: Operation) =>
    plan.resources.some(({ name, read }) => name === resource && read !== null)
  return makers.find(isRead) ?? makers[0] ?? null
}

/** A valid request of an ordinary size that is taken, or refused for what it says: without it, a refusal of a heavy one proves nothing. */
export interface Light {
  readonly draft: BuiltDraft
  readonly owner: Identity
  readonly answer: Answer
  /** Another valid body, an object: what must be unique is new in it. */
  newBody(): Promise<unknown>
}

export async function lightRequest(probe: Probe, { operation, owner }: Case): Promise<Light> {
  const it = operation as Operation
  const { alice, things } = await toChange(probe, it, probe.identity(owner))
  const draft = await probe.draft(it, alice, { things })
  const answer = await probe.send(draft, alice)
  const newBody = async () => (await probe.draft(it, alice, { things })).body
  // Where the bound is known, a refusal for what stands in the body shows as well that it was read.
  if (!succeeded(answer) && (it.extension === null || ![400, 401, 409, 422].includes(answer.status)))
    throw new Inconclusive(`a valid request is answered ${answer.status} too`, answer)
  return { draft, owner: alice, answer, newBody }
}

/** The object with this many blanks before its end: valid, and refused for its size alone. */
export const padded = (body: unknown, bytes: number): Buffer =>
  Buffer.concat([Buffer.from(JSON.stringify(body).slice(0, -1)), Buffer.alloc(bytes, ' '), Buffer.from('}')])

export interface Heavy {
  readonly what: string
  readonly body: unknown
  readonly headers?: readonly (readonly [string, string])[]
  /** How being taken as if it were light is judged. */
  taken(answer: Answer): Verdict
}

const PATIENCE_MILLISECONDS = 10_000

/** Sends a heavy request, and sees that the target lives after it. */
export async function heavyVerdict(
  probe: Probe,
  light: Omit<Light, 'newBody'>,
  { what, body, headers = [], taken }: Heavy,
): Promise<Verdict> {
  const { draft, owner } = light
  const heavy = { ...draft, body, headers: [...fresh(draft, probe), ...headers] }
  const answer = await probe.send(heavy, owner, { anyStatus: true, timeoutMilliseconds: PATIENCE_MILLISECONDS })
  if (answer.status === 0) {
    const after = await probe.send({ ...draft, headers: fresh(draft, probe) }, owner, { anyStatus: true })
    if (after.status === 0)
      return fail(`after ${what} the target does not answer any more (${after.failure})`, light.answer, answer, after)
    // Closing the connection on whoever sends too much is a refusal.
    return answer.failure === 'timeout'
      ? fail(`${what} has no answer within ${PATIENCE_MILLISECONDS / 1000} s`, light.answer, answer)
      : pass(`${what}: the connection is closed`, light.answer, answer, after)
  }
  if (isLimited(answer) || answer.status === 503)
    throw new Inconclusive(`${what} is answered ${answer.status}, which may be a limit`, answer)
  if (answer.status >= 500)
    return { ...fail(`${what} is answered ${answer.status}`, light.answer, answer), severity: 'low' }
  const isRead = !succeeded(light.answer) && answer.status === light.answer.status
  return succeeded(answer) || isRead
    ? taken(answer)
    : pass(`${what} is answered ${answer.status}`, light.answer, answer)
}

/** A key of idempotency would bring back the answer of the first request. */
const fresh = ({ headers }: BuiltDraft, probe: Probe): readonly (readonly [string, string])[] =>
  headers.map(([name, value]) => [name, /idempotency/i.test(name) ? probe.nonce() : value] as const)
