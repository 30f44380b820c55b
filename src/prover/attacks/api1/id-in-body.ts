import type { Attack, Case } from '../../attack.ts'
import type { Identity } from '../../identities.ts'
import type { Operation, Resource } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import type { Verdict } from '../../verdict.ts'
import { referenceCases, strangerNames } from './in-place.ts'
import { judgeWrite } from './judge-write.ts'
import { addressed, nothingKnown, objectCases } from './object-cases.ts'
import { changeableByOwnerAlone, PRIVACY_REQUESTS } from './private-object.ts'
import { victimOf } from './read-back.ts'
import { writeDraft } from './write-cases.ts'

const OVER_PATH = 'body id over the path'

/** Ids in bodies: those that the operation takes, and an `id` that wins over the one that was checked. */
export const idInBody: Attack = {
  id: 'id-in-body',
  number: 5,
  risk: 'API1',
  severity: 'critical',
  cwe: 639,
  title: "The body takes the id of somebody else's object",
  references: ['OWASP API1:2023', 'ASVS 5.0 8.2.2'],
  maxRequests: 10 + PRIVACY_REQUESTS,
  oracle: "The owner's canary stands in the other user's answer, or the owner reads the object back changed.",
  fix: 'Load and authorize objects that a body names like those of the path, and never copy an id of the body over it.',
  phase: 'normal',
  cases: (plan) => [
    ...referenceCases(plan, 'main', (reference) => reference.in === 'body' && !reference.many),
    ...objectCases(
      plan,
      'main',
      ({ method, purpose }, { isUser }) => purpose === 'update' && method !== 'POST' && !isUser,
    ).map((it) => ('untested' in it ? it : { ...it, variant: OVER_PATH })),
  ],
  async run(it, probe) {
    const { operation, variant } = it
    const resource = operation ? addressed(probe.plan, operation) : null
    if (variant !== OVER_PATH || !operation || !resource) return strangerNames(it, probe)
    return overPath(it, probe, operation, resource)
  },
}

/** His own object in the path, the owner's id in the body. */
async function overPath(it: Case, probe: Probe, operation: Operation, resource: Resource): Promise<Verdict> {
  const [alice, bob]: readonly Identity[] = [probe.identity(it.owner), probe.identity(it.attacker)]
  if (!alice || !bob) throw nothingKnown()
  const thing = await victimOf(probe, resource.name, alice, false)
  const own = await probe.fresh(resource.name, bob)
  const canary = probe.nonce()
  const draft = await writeDraft(probe, operation, own, bob, canary)
  const id = /^\d{1,15}$/.test(thing.id) ? Number(thing.id) : thing.id
  const body = typeof draft.body === 'object' && draft.body !== null ? { ...draft.body, [resource.id]: id } : { id }
  return judgeWrite(probe, {
    operation,
    thing,
    attacker: bob,
    draft: { ...draft, body },
    canary: draft.canaryAt === null ? null : canary,
    control: { key: operation.id, draft: () => writeDraft(probe, operation, thing, alice, probe.nonce()) },
    how: `puts the id of the ${resource.name} into the body of ${operation.id} on his own,`,
    privacy: () => changeableByOwnerAlone(probe, thing, bob, operation),
  })
}
