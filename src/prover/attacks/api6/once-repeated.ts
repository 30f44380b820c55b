import type { Attack, Case, Untested } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { BuiltDraft } from '../../plan/build-draft.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import { at, leavesOf, withAt } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { differs } from '../../telling.ts'
import { fail, Inconclusive, NotTested, pass } from '../../verdict.ts'
import { itemsOf, type Thing } from '../../world.ts'
import { firstUser, usersOf } from '../pairs.ts'
import {
  again,
  freshStep,
  isSaidOnce,
  lastWord,
  onceOperations,
  requireDone,
  requireUnsafe,
  type Step,
  stepOn,
  subjectOf,
} from './flow-operations.ts'
import { LOOK_REQUESTS, measuresOf, moved } from './measures.ts'
import { ticketField } from './tickets.ts'

/** Objects that were there before, for a first step. */
const MOST_TRIED = 8

export const onceRepeated: Attack = {
  id: 'once-repeated',
  number: 88,
  risk: 'API6',
  severity: 'high',
  cwe: 837,
  title: 'A step that may happen once happens twice',
  references: ['OWASP API6:2023', 'ASVS 5.0 2.3.4', 'CWE-837'],
  maxRequests: MOST_TRIED + 4 + 3 * LOOK_REQUESTS,
  oracle:
    'The same step on the same object succeeds a second time, and what it moves (a balance, an amount, a list) moves by the same again; where the contract says "once", a second success with a reply of its own is enough; where words do, a second id, or a code that somebody else uses too.',
  fix: 'Claim the step in the same transaction as its effect, with a unique key (object and step) or a conditional update (`where status = open`), and refuse the second one.',
  phase: 'exhausting',
  cases: onceCases,
  async run({ operation, owner }: Case, probe) {
    if (!operation) return pass()
    requireUnsafe(probe)
    const alice = probe.identity(owner)
    const { draft, thing, first: sent } = await firstStep(operation, alice, probe)
    const before = await measuresOf(thing, alice, probe)
    const first = sent ?? (await probe.send(draft, alice))
    requireDone(operation, first)
    const between = await measuresOf(thing, alice, probe)
    const second = await probe.send(again(draft), alice)
    if (!succeeded(second)) return pass(`the second time it is answered ${second.status}`, first, second)
    const [once, twice] = [moved(before, between), moved(between, await measuresOf(thing, alice, probe))]
    const same = [...once].filter(([key, by]) => twice.get(key) === by).map(([key, by]) => `${key} by ${by}`)
    const cause = `repeated ${operation.id}`
    if (same.length > 0)
      return { ...fail(`${operation.id} succeeds twice and moves twice: ${same.join(', ')}`, first, second), cause }
    if (isSaidOnce(operation) && madeId(first) !== null && madeId(first) !== madeId(second))
      return {
        ...fail(
          `${operation.id} makes something twice (${madeId(first)}, ${madeId(second)}), though it is said to work once`,
          first,
          second,
        ),
        cause,
      }
    const other = await usedByAnother(operation, draft, alice, probe)
    if (other !== null)
      return {
        ...fail(
          `${operation.id} takes a code of ${alice.name} from somebody else too, after it was used`,
          first,
          other,
        ),
        cause,
      }
    if (!differs(first, second))
      return pass('the second call repeats the reply of the first and moves nothing', first, second)
    if (operation.extension?.flow?.once)
      return { ...fail(`${operation.id} succeeds twice although its contract says once`, first, second), cause }
    if (once.size > 0) return pass('the second call moves nothing of what the first moved', first, second)
    throw new Inconclusive(
      `${operation.id} is answered ${second.status} a second time, and nothing shows whether it happened twice`,
      first,
      second,
    )
  },
}

/** The id of what an answer says that it made. */
function madeId({ json }: Answer): string | null {
  const found = [...leavesOf(json)].find(({ at: place }) => /^(\/(?!\d)[^/]+)?\/_?id$/.test(place))?.value
  return typeof found === 'string' || typeof found === 'number' ? String(found) : null
}

/** A code that works once and is one's own again when asked twice: it is used up where somebody else of the tenant may not use it. */
async function usedByAnother(
  operation: Operation,
  draft: BuiltDraft,
  alice: Identity,
  probe: Probe,
): Promise<Answer | null> {
  const field = ticketField(operation)
  const [mate] = usersOf(probe.plan).filter(({ name, tenant }) => name !== alice.name && tenant === alice.plan.tenant)
  if (field === null || mate === undefined || !isSaidOnce(operation) || subjectOf(operation) !== null) return null
  const bob = probe.identity(mate.name)
  const request = await probe.draft(operation, bob)
  const answer = await probe.send(
    { ...request, body: withAt(request.body, `/${field}`, at(draft.body, `/${field}`)) },
    bob,
  )
  return succeeded(answer) ? answer : null
}

/** Adds a word of the caller's and takes nothing from what it is about. */
const ADDS = /^(rat(e|ings?)|reviews?|votes?|upvotes?|likes?|feedback|rsvp)$/i

const DONE = /deliver|complete|done|finish|closed|received|fulfil/i

const fromBothEnds = <T>(items: readonly T[]): readonly T[] =>
  items.map((_, index) => items.at(index % 2 === 0 ? index / 2 : -(index + 1) / 2) as T)

/** On a fresh object; a rating may as well be of one that was there before, the first that takes it. */
async function firstStep(operation: Operation, alice: Identity, probe: Probe): Promise<Step & { first?: Answer }> {
  try {
    return await freshStep(operation, alice, probe)
  } catch (error) {
    if (!(error instanceof NotTested) || !ADDS.test(lastWord(operation)) || operation.resource === null) throw error
    for (const thing of await listed(operation.resource, alice, probe)) {
      const draft = await stepOn(operation, thing, alice, probe)
      const first = await probe.send(draft, alice)
      if (succeeded(first)) return { draft, thing, first }
    }
    throw error
  }
}

async function listed(name: string, alice: Identity, probe: Probe): Promise<readonly Thing[]> {
  const resource = probe.resource(name)
  const list = probe.operation(resource.list)
  if (list === null || resource.parent !== null) return []
  const shown = await probe.send(await probe.draft(list, alice), alice)
  // What is done may be rated, and lists begin and end with different people's.
  const items = itemsOf(shown.json)
  const done = items.filter((item) => DONE.test(String(at(item, '/status') ?? at(item, '/state') ?? '')))
  return fromBothEnds([...(done.length > 0 ? done : items)])
    .flatMap((data): Thing[] => {
      const id = at(data, `/${resource.id}`) ?? at(data, '/id')
      if (typeof id !== 'string' && typeof id !== 'number') return []
      const thing = { resource, id: String(id), owner: alice, canary: null, data, chain: [] as Thing[], made: false }
      thing.chain.push(thing)
      return [thing]
    })
    .slice(0, MOST_TRIED)
}

export function* onceCases(plan: Plan): Generator<Case | Untested> {
  yield* userCases(onceOperations(plan), plan)
  if (onceOperations(plan).length === 0)
    yield {
      operation: null,
      untested: 'no operation is known that may happen once; say so with flow: { once: true } in x-turnpike',
    }
}

/** These operations, each by an ordinary user. */
export function* userCases(operations: readonly Operation[], plan: Plan): Generator<Case | Untested> {
  const user = firstUser(plan)
  for (const operation of operations)
    if (user) yield { operation, owner: user.name }
    else yield { operation, untested: 'needs an ordinary user; add --as alice=…, or a user under identities' }
}
