import type { Attack, Case, Untested } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { Operation, Plan, Resource } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, NotTested, pass, type Verdict } from '../../verdict.ts'
import { itemsOf, type Thing } from '../../world.ts'
import { allowsStranger } from '../pairs.ts'
import { ownerFields } from './data-signs.ts'
import { callersObjects, holds, idOfItem, listDraft, listedBy } from './lists.ts'
import { nothingKnown, resourceNamed, withPairs } from './object-cases.ts'
import { PRIVACY_REQUESTS, privacyOf, sayWhose } from './private-object.ts'
import { knowSubject } from './subject.ts'

/** Each caller's own list, with somebody else's objects in it. */
export const listLeak: Attack = {
  id: 'list-leak',
  number: 10,
  risk: 'API1',
  severity: 'critical',
  cwe: 639,
  title: "A list holds somebody else's private objects",
  references: ['OWASP API1:2023', 'ASVS 5.0 8.2.2'],
  maxRequests: 6 + PRIVACY_REQUESTS,
  oracle:
    "The other user's list shows an object of the owner that is private by other signs: its own read refuses it, another list leaves it out, or the contract says so.",
  fix: 'Put the caller into the condition of the query (where owner = caller), and check the rows again before they leave.',
  phase: 'normal',
  cases: (plan) => listCases(plan, 'main'),
  async run(it, probe) {
    const { operation, owner, attacker } = it
    const resource = listedResource(it, probe.plan)
    if (!operation || !resource) throw nothingKnown()
    return looksInto(probe, operation, resource, probe.identity(owner), probe.identity(attacker))
  },
}

/** Lists that every caller asks alike × pairs. */
export function listCases(plan: Plan, pairs: 'main' | 'one'): readonly (Case | Untested)[] {
  return plan.resources
    .filter((each) => !each.shared && each.private !== 'no')
    .flatMap((resource) =>
      callersObjects(plan, resource).flatMap((list) =>
        withPairs(
          plan,
          list,
          pairs,
          (attacker) => resource.extension !== null && allowsStranger(resource.extension.read, attacker, null),
          list.resource === resource.name ? undefined : resource.name,
        ),
      ),
    )
}

/** What is listed: the variant says it where the operation does not. */
export const listedResource = ({ operation, variant }: Case, plan: Plan): Resource | null =>
  resourceNamed(plan, variant ?? operation?.resource)

async function looksInto(
  probe: Probe,
  list: Operation,
  resource: Resource,
  alice: Identity,
  bob: Identity,
): Promise<Verdict> {
  const { thing, answer: own } = await ownItem(probe, list, resource, alice)
  const theirs = await listedBy(probe, list, bob, thing)
  if (!holds(theirs, thing))
    return pass(
      `the list of ${bob.name} is answered ${theirs.status} and leaves out what is in that of ${alice.name}`,
      own,
      theirs,
    )
  const privacy = await privacyOf(probe, thing, bob, list)
  if (privacy.is === 'shared') return pass(`${bob.name} may see it: ${privacy.why}`, own, theirs)
  // A list that shows everybody's things is a catalogue as often as a leak: who made a thing does not tell them apart.
  if (privacy.is === 'unknown' || !privacy.strong)
    throw sayWhose(thing, { ...privacy, why: `both lists show it, and only who made it says whose it is` })
  const nobody = await probe.send(await listDraft(probe, list, alice, thing), probe.nobody)
  if (succeeded(nobody) && holds(nobody, thing))
    throw new NotTested(
      'anybody is shown it without a credential: either it is public, or no-credential says what is wrong',
    )
  return fail(`the list of ${bob.name} shows the ${resource.name} of ${alice.name} (${privacy.why})`, own, theirs)
}

/** Something that the owner's list shows as hers: what was made for the run, or another on the same page. */
export async function ownItem(
  probe: Probe,
  list: Operation,
  resource: Resource,
  owner: Identity,
): Promise<{ readonly thing: Thing; readonly answer: Answer }> {
  const thing = await probe.object(resource.name, owner)
  const answer = await listedBy(probe, list, owner, thing)
  if (!succeeded(answer)) throw new Inconclusive(`${owner.name} is answered ${answer.status} for the list`, answer)
  if (holds(answer, thing)) return { thing, answer }
  await knowSubject(probe, owner)
  for (const item of itemsOf(answer.json)) {
    const id = idOfItem(item, resource)
    if (id === null || ownerFields({ data: item, resource }, owner).length === 0) continue
    const found: Thing = { ...thing, id, canary: null, data: item, made: false, chain: [] }
    return { thing: { ...found, chain: [...thing.chain.slice(0, -1), found] }, answer }
  }
  throw new Inconclusive(`the list of ${owner.name} does not show her own ${resource.name} either`, answer)
}
