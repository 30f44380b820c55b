import type { Attack, Case, Untested } from '../../attack.ts'
import type { Draft } from '../../engine/exchange.ts'
import type { Operation, Plan, Reference } from '../../plan/plan.ts'
import { withAt } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, NotTested, pass } from '../../verdict.ts'
import { usersOf } from '../pairs.ts'
import { settled } from '../settled.ts'
import { toChange } from '../to-change.ts'
import { nothingKnown } from './object-cases.ts'
import { knowSubject } from './subject.ts'

/** `POST /invoices/{id}/viewers` with the id of somebody who is not of the house. Only where a contract says that ids of people are authorized. */
export const foreignPersonNamed: Attack = {
  id: 'foreign-person-named',
  number: 5,
  risk: 'API1',
  severity: 'medium',
  cwe: 639,
  title: 'A request names a person of another tenant',
  references: ['OWASP API1:2023', 'ASVS 5.0 8.2.2', 'ASVS 5.0 8.4.1'],
  maxRequests: 6,
  oracle:
    "The request is done with the id of somebody of another tenant, as it is with a colleague's; with an id that names nobody it is refused. Failing with 5xx is no refusal, and told as less.",
  fix: 'Load and authorize people that a body or query names like any other object: within the tenant of the caller.',
  phase: 'normal',
  cases,
  async run({ operation, owner, attacker }: Case, probe) {
    const place = operation && personIn(operation)
    if (!operation || !place) throw nothingKnown()
    const [alice, carol] = [probe.identity(owner), probe.identity(attacker)]
    const bob = probe.identity(mateOf(probe.plan, alice.name)?.name)
    await Promise.all([knowSubject(probe, bob), knowSubject(probe, carol)])
    if (bob.subject === null || carol.subject === null)
      throw new NotTested(`nothing tells the ids of ${bob.name} and ${carol.name}`)
    const naming = async (id: string) => settled(probe, await named(probe, operation, place, alice.name, id), alice)
    const control = await naming(bob.subject)
    if (!succeeded(control))
      throw new Inconclusive(`with the id of ${bob.name} it is answered ${control.status} too`, control)
    const answer = await naming(carol.subject)
    if (answer.status >= 500)
      return {
        ...fail(
          `with the id of ${carol.name}, who is of another tenant, ${operation.id} fails instead of refusing`,
          control,
          answer,
        ),
        severity: 'low',
      }
    if (!succeeded(answer)) return pass(`with the id of ${carol.name} it is answered ${answer.status}`, control, answer)
    const miss = await naming(probe.world.missingId(bob.subject))
    if (succeeded(miss)) throw new NotTested('it takes an id that names nobody too, so naming somebody proves nothing')
    return fail(`${operation.id} is done with the id of ${carol.name}, who is of another tenant`, control, miss, answer)
  },
}

/** A place in body or query for a person that the contract authorizes. */
const personIn = ({ references, rule }: Operation): Reference | null =>
  rule === null
    ? null
    : (references.find((each) => each.of === 'user' && !each.many && ['body', 'query'].includes(each.in)) ?? null)

const mateOf = (plan: Plan, name: string) => {
  const users = usersOf(plan)
  const tenant = users.find((each) => each.name === name)?.tenant
  return users.find((each) => each.name !== name && each.tenant === tenant)
}

async function named(probe: Probe, operation: Operation, place: Reference, owner: string, id: string): Promise<Draft> {
  const alice = probe.identity(owner)
  const draft = await probe.draft(operation, alice, { things: (await toChange(probe, operation, alice)).things })
  return place.in === 'body'
    ? { ...draft, body: withAt(draft.body, place.name, id) }
    : { ...draft, query: draft.query.map(([name, value]) => [name, name === place.name ? id : value] as const) }
}

function* cases(plan: Plan): Generator<Case | Untested> {
  const [alice, ...others] = usersOf(plan)
  const carol = others.find(({ tenant }) => tenant !== null && tenant !== alice?.tenant)
  for (const operation of plan.operations) {
    if (operation.leftOut || operation.access !== 'signed-in' || personIn(operation) === null) continue
    if (alice && carol && mateOf(plan, alice.name)) yield { operation, owner: alice.name, attacker: carol.name }
    else yield { operation, untested: 'needs two users of one tenant and one of another under identities' }
  }
}
