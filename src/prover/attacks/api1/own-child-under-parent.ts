import type { Attack } from '../../attack.ts'
import type { Identity } from '../../identities.ts'
import type { Operation, Resource } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, NotTested, pass, type Verdict } from '../../verdict.ts'
import { listedBy } from './lists.ts'
import { parentOf, underParentsOf } from './nested.ts'
import { addressed, nothingKnown, objectCases } from './object-cases.ts'
import { operationPrivacy, PRIVACY_REQUESTS, sayWhose } from './private-object.ts'
import { victimOf } from './read-back.ts'
import { writeDraft } from './write-cases.ts'

/** `/orders/{hers}/items/{mine}`: the child is checked, and the parent is used unseen. */
export const ownChildUnderParent: Attack = {
  id: 'own-child-under-parent',
  number: 8,
  risk: 'API1',
  severity: 'high',
  cwe: 639,
  title: "Somebody else's object is used as the parent of one's own",
  references: ['OWASP API1:2023', 'ASVS 5.0 8.2.2'],
  maxRequests: 10 + PRIVACY_REQUESTS,
  oracle:
    "With the owner's object before his own in the path, the other user is shown the owner's canary, or the owner finds what he wrote below hers.",
  fix: 'Authorize every object of a path, and ask that each belongs to the one before it.',
  phase: 'normal',
  cases: (plan) =>
    objectCases(plan, 'main', (operation) => {
      const parent = parentOf(plan, operation)
      return ['GET', 'PUT', 'PATCH'].includes(operation.method) && parent !== null && !parent.isUser
    }),
  async run(it, probe) {
    const { operation } = it
    const [child, parent] = operation ? [addressed(probe.plan, operation), parentOf(probe.plan, operation)] : []
    if (!operation || !child || !parent) throw nothingKnown()
    return triesParent(probe, operation, child, parent, probe.identity(it.owner), probe.identity(it.attacker))
  },
}

async function triesParent(
  probe: Probe,
  operation: Operation,
  child: Resource,
  parent: Resource,
  alice: Identity,
  bob: Identity,
): Promise<Verdict> {
  const isRead = operation.method === 'GET'
  const theirs = await victimOf(probe, parent.name, alice, false)
  if (theirs.canary === null && isRead)
    throw new NotTested(`no text could be planted in the ${parent.name} of ${alice.name}, so nothing would show it`)
  const own = isRead ? await probe.object(child.name, bob) : await probe.fresh(child.name, bob)
  const canary = probe.nonce()
  const plain = await writeDraft(probe, operation, own, bob, canary)
  const control = await probe.send(plain, bob)
  if (!succeeded(control)) throw new Inconclusive(`${bob.name} is answered ${control.status} for his own too`, control)
  const answer = await probe.send(await underParentsOf(probe, operation, plain, theirs), bob)
  const [seen, shown] = await effect(probe, child, theirs, answer, isRead ? null : canary)
  if (seen === null)
    return pass(`${bob.name} puts his own ${child.name} under it and is answered ${answer.status}`, control, answer)
  const privacy = await operationPrivacy(probe, theirs, bob, operation)
  if (privacy.is === 'shared') return pass(`${bob.name} may: ${privacy.why}`, answer)
  if (privacy.is === 'unknown') throw sayWhose(theirs, privacy)
  return fail(
    `${bob.name} puts his own ${child.name} under the ${parent.name} of ${alice.name}: ${seen}`,
    control,
    answer,
    shown,
  )
}

async function effect(
  probe: Probe,
  child: Resource,
  theirs: Awaited<ReturnType<typeof victimOf>>,
  answer: Awaited<ReturnType<Probe['send']>>,
  canary: string | null,
): Promise<readonly [string | null, typeof answer]> {
  if (theirs.canary !== null && succeeded(answer) && answer.text.includes(theirs.canary))
    return [`the answer shows the ${theirs.resource.name}`, answer]
  if (canary === null || !succeeded(answer)) return [null, answer]
  const list = probe.operation(child.list)
  const looks = [
    () => probe.world.read(theirs),
    ...(list === null ? [] : [() => listedBy(probe, list, theirs.owner, null, theirs)]),
  ]
  for (const look of looks) {
    const seen = await look()
    if (seen.text.includes(canary)) return ['the owner finds there what was written', seen]
  }
  return [null, answer]
}
