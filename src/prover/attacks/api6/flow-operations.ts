import { randomUUID } from 'node:crypto'
import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { BuiltDraft } from '../../plan/build-draft.ts'
import type { Operation, Plan, Reference } from '../../plan/plan.ts'
import { at, withAt } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { Inconclusive, NotTested } from '../../verdict.ts'
import { reasonOf, type Thing } from '../../world.ts'
import { withTicket } from './tickets.ts'

/** Steps that happen once to one thing, by what people call them. */
const ONCE =
  /^(pay|payments?|redeem|redemptions?|claims?|refunds?|votes?|accept|use|activate|check-?in|consume|collect|cancel|capture|settle|return|likes?|upvotes?|rsvp|enrol{1,2}|join|apply(-?(coupon|voucher|code))?)$/i
const IN_WORDS =
  /\bonly once\b|, once\b|\bonce (per|for each|each)\b|\bone[- ]time\b|\bsingle[- ]use\b|\b(works?|used|usable|valid|redeemed|counts?|rated) once\b/i
/** What a refusal is declared for. */
const SPENT = /\b(already|been) (been )?(used|redeemed|accepted|claimed|spent|rated|voted)\b/i

/** Changes that ordinary users may make. */
export const isOpenWrite = ({ method, leftOut, access, purpose }: Operation): boolean =>
  ['POST', 'PUT', 'PATCH'].includes(method) &&
  !leftOut &&
  access !== 'public' &&
  access !== 'admin' &&
  purpose !== 'auth'

/** The last word of a path: `pay` of `/invoices/{id}/pay`. */
export const lastWord = ({ path }: Pick<Operation, 'path'>): string =>
  path.split('/').findLast((segment) => segment !== '' && !segment.includes('{')) ?? ''

/** The object that a step is about: the last of its path, or what its body names. */
export const subjectOf = ({ references }: Operation): Reference | null =>
  references.findLast((each) => each.in === 'path' && each.of === 'object') ??
  references.find((each) => each.in === 'body' && each.of === 'object') ??
  null

/** Whether contract or words, rather than a name, say that a step succeeds once. */
export const isSaidOnce = ({ extension, read }: Operation): boolean =>
  extension !== null
    ? extension.flow?.once === true
    : IN_WORDS.test(`${read.summary} ${read.description}`) ||
      read.responses.some(({ status, description }) => /^4/.test(status) && SPENT.test(description))

/** Whether a step is meant to succeed once: the contract says so, or its words and name do. */
export function isOnce(operation: Operation): boolean {
  if (!isOpenWrite(operation)) return false
  if (isSaidOnce(operation) || operation.extension !== null) return isSaidOnce(operation)
  return ONCE.test(lastWord(operation)) && operation.references.some((each) => each.in === 'path')
}

export const onceOperations = (plan: Plan): readonly Operation[] => plan.operations.filter(isOnce)

/** One request of a step, on an object of its own. */
export interface Step {
  readonly draft: BuiltDraft
  readonly thing: Thing | null
}

/** A step on a fresh object, where it is about one, with a code of its own. @throws {NotTested} Where none can be made. */
export async function freshStep(operation: Operation, owner: Identity, probe: Probe): Promise<Step> {
  const subject = subjectOf(operation)
  const thing =
    subject === null
      ? null
      : await probe.fresh(subject.resource, owner).catch((error: unknown) => {
          // What a body names may be there for everybody, as a product is; what a path names is what is used up.
          if (subject.in === 'body' && error instanceof NotTested) return null
          throw error
        })
  return { thing, draft: await withTicket(await stepOn(operation, thing, owner, probe), operation, owner, probe) }
}

/** The step on this object; an amount that is asked for is the whole of what the object costs. */
export async function stepOn(
  operation: Operation,
  thing: Thing | null,
  owner: Identity,
  probe: Probe,
): Promise<BuiltDraft> {
  const draft = await probe.draft(operation, owner, thing === null ? {} : { things: [thing] })
  const [place] = amountPlaces(draft.body)
  const price = thing === null ? null : priceOf(thing.data)
  return place === undefined || price === null ? draft : { ...draft, body: withAt(draft.body, place, price) }
}

const AMOUNT = /^\/(amount|total|price|sum)$/i

/** Where a body says how much. */
export const amountPlaces = (body: unknown): readonly string[] =>
  typeof body !== 'object' || body === null
    ? []
    : Object.keys(body)
        .map((name) => `/${name}`)
        .filter((place) => AMOUNT.test(place) && typeof at(body, place) === 'number')

const COSTS = /^(total|amount_?due|due|total_?(price|amount)|amount|price|sum)$/i

/** What an object says that it costs; null where it says nothing. */
export function priceOf(data: unknown): number | null {
  if (typeof data !== 'object' || data === null) return null
  for (const [name, value] of Object.entries(data)) if (COSTS.test(name) && typeof value === 'number') return value
  const nested = Object.values(data).map((value) => (Array.isArray(value) ? null : priceOf(value)))
  return nested.find((each) => each !== null) ?? null
}

/** The same request as another one: with an idempotency key of its own. */
export const again = <T extends BuiltDraft>(draft: T): T => ({
  ...draft,
  headers: draft.headers.map(([name, value]) => [name, /idempotency/i.test(name) ? randomUUID() : value] as const),
})

/** Holds where the owner's own step works (rule a). @throws {NotTested | Inconclusive} Where it does not. */
export function requireDone(operation: Operation, answer: Answer): void {
  if (succeeded(answer)) return
  if (answer.status === 400 || answer.status === 422)
    throw new NotTested(
      `no request can be made up that ${operation.id} takes (${answer.status}${reasonOf(answer)}); ` +
        `say one: operations: { '${operation.id}': { body: { … } } }`,
    )
  throw new Inconclusive(`${operation.id}: the owner's own first call is answered ${answer.status}`, answer)
}

/** Steps spend and use up: never where the user asked for safety. @throws {NotTested} */
export function requireUnsafe(probe: Probe): void {
  if (probe.run.safe) throw new NotTested('it uses up what it made, and --safe leaves that out')
}
