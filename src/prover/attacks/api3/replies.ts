import type { Case, Untested } from '../../attack.ts'
import type { Answer, Draft } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { Inconclusive, NotTested } from '../../verdict.ts'
import { callerOf } from '../focus.ts'
import { toChange } from '../to-change.ts'

/** Requests that one reply costs at most. */
export const REPLY_REQUESTS = 2

/** Operations whose replies an ordinary user is shown: reads, and the writes that answer with what they made. */
export function* repliesShown(plan: Plan, wanted: (operation: Operation) => boolean): Generator<Case | Untested> {
  for (const operation of plan.operations) {
    const isUsual = operation.access !== 'admin' && isAnswering(operation, plan)
    if (operation.leftOut || !(isUsual || operation.id === plan.focus) || !wanted(operation)) continue
    const user = callerOf(plan, operation)
    if (user) yield { operation, owner: user.name }
    else yield { operation, untested: 'needs an ordinary user; add --as alice=…, or a user under identities' }
  }
}

function isAnswering({ method, purpose, id, resource }: Operation, plan: Plan): boolean {
  if (method === 'GET' || purpose === 'create') return true
  if (id === plan.auth.register || id === plan.auth.login) return true
  // An update of an account might change how it signs in.
  return purpose === 'update' && plan.resources.some(({ name, isUser }) => name === resource && !isUser)
}

/**
 * What the operation answers to somebody about his own objects. Kept for the run.
 * @throws {Inconclusive | NotTested} Where he is not answered.
 */
export function replyTo(operation: Operation, owner: Identity, probe: Probe): Promise<Answer> {
  return probe.shared(`reply ${operation.id} ${owner.name}`, async () => {
    const answer = await asked(operation, owner, probe)
    if (succeeded(answer)) return answer
    if (answer.status === 400 || answer.status === 422)
      throw new NotTested(
        `no request can be made up that ${operation.id} takes (${answer.status}); say one: operations: { '${operation.id}': { body: { … } } }`,
      )
    throw new Inconclusive(`${operation.id}: ${owner.name} is answered ${answer.status}`, answer)
  })
}

async function asked(operation: Operation, owner: Identity, probe: Probe): Promise<Answer> {
  const { auth } = probe.plan
  if (operation.id === auth.register) return (await probe.run.register()).answer
  if (operation.id === auth.login) {
    const { login } = await owner.session()
    if (login === null) throw new NotTested(`${owner.name} does not sign in: the credential was given`)
    return login
  }
  // A list shows something only where there is something.
  if (operation.purpose === 'list' && operation.resource !== null)
    await probe.object(operation.resource, owner).catch(() => null)
  const changes = operation.method !== 'GET'
  const { alice, things } = changes ? await toChange(probe, operation, owner) : { alice: owner, things: [] }
  const draft = await probe.draft(operation, alice, { things })
  return probe.send(operation.purpose === 'list' ? { ...draft, query: forHimself(draft.query, alice) } : draft, alice)
}

/** Who searches by what he has himself finds something. */
const forHimself = (query: Draft['query'], { about }: Identity): Draft['query'] =>
  query.map(([name, value]) => {
    const own = about?.[name]
    return [name, typeof own === 'string' ? own : value]
  })
