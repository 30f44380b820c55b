import type { Attack, Case } from '../../attack.ts'
import type { Identity } from '../../identities.ts'
import type { Operation, Plan, Resource } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { NotTested, type Verdict } from '../../verdict.ts'
import { judgeRead } from './judge-read.ts'
import { judgeWrite } from './judge-write.ts'
import { surroundingOf, underParentsOf } from './nested.ts'
import { addressed, nothingKnown, type ObjectCase, objectCases } from './object-cases.ts'
import { plainRead } from './plain-read.ts'
import { changeableByOwnerAlone, PRIVACY_REQUESTS } from './private-object.ts'
import { victimOf } from './read-back.ts'
import { refuseWhenSafe, strangerWrites, writeDraft } from './write-cases.ts'

/** `/orders/{mine}/items/{hers}`: the parent is checked, and the child is loaded by its id alone. */
export const childUnderOwnParent: Attack = {
  id: 'child-under-own-parent',
  number: 7,
  risk: 'API1',
  severity: 'critical',
  cwe: 639,
  title: "Somebody else's object is reached below one's own",
  references: ['OWASP API1:2023', 'ASVS 5.0 8.2.2'],
  maxRequests: 14 + PRIVACY_REQUESTS,
  oracle:
    "With his own object before it in the path, the other user is shown the owner's, or the owner reads it back changed or gone.",
  fix: 'Load a child through its parent (where id = ? and parent = ?), so that a child under the wrong parent is a miss.',
  phase: 'normal',
  cases: (plan) =>
    objectCases(
      plan,
      'main',
      (operation) =>
        ['GET', 'PUT', 'PATCH', 'DELETE'].includes(operation.method) && surroundingOf(plan, operation) !== null,
    ).filter((it) => 'untested' in it || !isInCommon(plan, it)),
  async run(it, probe) {
    const { operation } = it
    const [child, parent] = operation ? [addressed(probe.plan, operation), surroundingOf(probe.plan, operation)] : []
    if (!operation || !child || !parent) throw nothingKnown()
    const [alice, bob] = [probe.identity(it.owner), probe.identity(it.attacker)]
    return operation.method === 'GET'
      ? reads(probe, operation, child, parent, alice, bob)
      : writes(probe, it, operation, child, parent, alice, bob)
  },
}

/** Those of one tenant have no other to put in its place. */
function isInCommon(plan: Plan, { operation, owner, attacker }: ObjectCase): boolean {
  const [hers, his] = [owner, attacker].map((name) => plan.identities.find((each) => each.name === name)?.tenant)
  return surroundingOf(plan, operation)?.isTenant === true && hers === his
}

async function reads(
  probe: Probe,
  operation: Operation,
  child: Resource,
  parent: Resource,
  alice: Identity,
  bob: Identity,
): Promise<Verdict> {
  const thing = await probe.object(child.name, alice)
  const { control, isShown } = await plainRead(probe, operation, thing, bob)
  if (isShown) throw new NotTested(`${bob.name} is shown it under its own ${parent.name} too: see object-read`)
  const draft = await underParentsOf(probe, operation, control.draft, await probe.object(parent.name, bob))
  const answer = await probe.send(draft, bob)
  return judgeRead(probe, operation, control, answer, bob, `asks for it under his own ${parent.name}`)
}

async function writes(
  probe: Probe,
  it: Case,
  operation: Operation,
  child: Resource,
  parent: Resource,
  alice: Identity,
  bob: Identity,
): Promise<Verdict> {
  if (operation.method === 'DELETE') refuseWhenSafe(probe)
  const thing = await victimOf(probe, child.name, alice, true)
  const canary = probe.nonce()
  const plain = await writeDraft(probe, operation, thing, bob, canary)
  const draft = await underParentsOf(probe, operation, plain, await probe.object(parent.name, bob))
  const verdict = await judgeWrite(probe, {
    operation,
    thing,
    attacker: bob,
    draft,
    canary: draft.canaryAt === null ? null : canary,
    control: { key: operation.id, draft: () => writeDraft(probe, operation, thing, thing.owner, probe.nonce()) },
    how: `sends ${operation.id} with his own ${parent.name} before the ${child.name}`,
    privacy: () => changeableByOwnerAlone(probe, thing, bob, operation),
  })
  if (verdict.outcome === 'fail' && (await strangerWrites(it, probe)).outcome === 'fail')
    throw new NotTested(`it goes through under its own ${parent.name} too: see object-write and object-delete`)
  return verdict
}
