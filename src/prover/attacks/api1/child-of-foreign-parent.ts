import type { Attack, Case, Untested } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import { type BuiltDraft, fillPath } from '../../plan/build-draft.ts'
import type { Operation, Plan, Reference, Resource } from '../../plan/plan.ts'
import { at } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, NotTested, pass, type Verdict } from '../../verdict.ts'
import type { Thing } from '../../world.ts'
import { mayTouch } from '../pairs.ts'
import { referenceCases, referenceOf } from './in-place.ts'
import { listDraft } from './lists.ts'
import { addressed, forUsers, resourceNamed, withPairs } from './object-cases.ts'
import { withIds } from './place-id.ts'
import { operationPrivacy, PRIVACY_REQUESTS, sayWhose } from './private-object.ts'
import { victimOf } from './read-back.ts'
import { isVerb } from './write-cases.ts'

/** `POST /orders/{hers}/items`, or a body that names her order. */
export const childOfForeignParent: Attack = {
  id: 'child-of-foreign-parent',
  number: 16,
  risk: 'API1',
  severity: 'high',
  cwe: 639,
  title: "Another user adds to somebody's object",
  references: ['OWASP API1:2023', 'ASVS 5.0 8.2.2'],
  maxRequests: 12 + PRIVACY_REQUESTS,
  oracle: 'The owner finds what the other user made among her own, below the object that is hers alone.',
  fix: 'Authorize the parent for writing before anything is made below it, wherever the request names it.',
  phase: 'normal',
  cases: (plan) => [
    ...belowPath(plan),
    ...referenceCases(
      plan,
      'main',
      (reference, operation) => reference.in === 'body' && !reference.many && operation.purpose === 'create',
    ),
  ],
  async run(it, probe) {
    const { operation } = it
    const reference = referenceOf(it)
    const parent = reference
      ? resourceNamed(probe.plan, reference.resource)
      : operation && addressed(probe.plan, operation)
    const child = resourceNamed(probe.plan, operation?.resource)
    if (!operation || !parent || !child) throw new NotTested('nothing is known of what it makes; add resources')
    return adds({ probe, operation, reference, child }, parent, probe.identity(it.owner), probe.identity(it.attacker))
  },
}

function belowPath(plan: Plan): readonly (Case | Untested)[] {
  return plan.operations.flatMap((operation) => {
    const parent = addressed(plan, operation)
    if (operation.purpose !== 'create' || !parent || !forUsers(operation) || isVerb(operation.path)) return []
    if (operation.resource === null || parent.isTenant) return []
    return withPairs(plan, operation, 'main', (attacker) => mayTouch(operation, parent, attacker))
  })
}

interface Making {
  readonly probe: Probe
  readonly operation: Operation
  /** Where the parent stands, if not in the path. */
  readonly reference: Reference | null
  readonly child: Resource
}

async function adds(making: Making, parent: Resource, alice: Identity, bob: Identity): Promise<Verdict> {
  const { probe, operation } = making
  const thing = parent.isUser
    ? await probe.object(parent.name, alice)
    : await victimOf(probe, parent.name, alice, false)
  const canary = probe.nonce()
  const answer = await probe.send(await makingDraft(making, thing, bob, canary), bob)
  const seen = succeeded(answer) ? await found(making, thing, canary, answer) : null
  if (seen === null) {
    await proved(making, thing, answer)
    return pass(`${bob.name} makes a ${making.child.name} in it and is answered ${answer.status}`, answer)
  }
  const privacy = await operationPrivacy(probe, thing, bob, operation)
  if (privacy.is === 'shared') return pass(`${bob.name} may add to it: ${privacy.why}`, answer, seen)
  if (privacy.is === 'unknown') throw sayWhose(thing, privacy)
  return fail(
    `${bob.name} made a ${making.child.name} in the ${parent.name} of ${alice.name}, who finds it there (${privacy.why})`,
    answer,
    seen,
  )
}

async function makingDraft(
  { probe, operation, reference }: Making,
  parent: Thing,
  as: Identity,
  canary: string,
): Promise<BuiltDraft> {
  const draft = await probe.draft(operation, as, { canary, ...(reference ? {} : { things: [parent] }) })
  if (reference) return withIds(operation, draft, reference, [parent.id])
  const { params } = await probe.draft(operation, parent.owner, { things: [parent] })
  return { ...draft, params, path: fillPath(operation.path, params) }
}

/** Where the owner finds it: in her list, in the parent, or by its id. */
async function found({ probe, child, operation }: Making, parent: Thing, canary: string, answer: Answer) {
  const id = at(answer.json, operation.produces?.id ?? '/id')
  const shows = (seen: Answer) =>
    succeeded(seen) &&
    (seen.text.includes(canary) || (typeof id === 'string' && id.length > 8 && seen.text.includes(id)))
  const list = probe.operation(child.list)
  if (list) {
    const listed = await probe.send(await listDraft(probe, list, parent.owner, null, parent), parent.owner)
    if (shows(listed)) return listed
  }
  const whole = await probe.world.read(parent).catch(() => null)
  if (whole && shows(whole)) return whole
  const read = probe.operation(child.read)
  if (!read || (typeof id !== 'string' && typeof id !== 'number')) return null
  const made: Thing = { ...parent, resource: child, id: String(id), canary, chain: [] }
  const seen = await probe.send(
    await probe.draft(read, parent.owner, { things: [{ ...made, chain: [...parent.chain, made] }] }),
    parent.owner,
  )
  return shows(seen) ? seen : null
}

/** That the owner can, and finds what she made, is what makes the stranger's failure telling. */
async function proved(making: Making, thing: Thing, answer: Answer): Promise<void> {
  const { probe, operation } = making
  const key = `api1 adds ${operation.id} ${making.reference?.name ?? ''} ${thing.owner.name}`
  const own = await probe.shared(key, async () => {
    const canary = probe.nonce()
    const done = await probe.send(await makingDraft(making, thing, thing.owner, canary), thing.owner)
    return { done, seen: succeeded(done) ? await found(making, thing, canary, done) : null }
  })
  if (!succeeded(own.done))
    throw new Inconclusive(
      `${operation.id}: the owner ${thing.owner.name} is answered ${own.done.status} too`,
      own.done,
    )
  if (own.seen === null && succeeded(answer))
    throw new Inconclusive(
      `${operation.id}: what was made cannot be found again by ${thing.owner.name}`,
      own.done,
      answer,
    )
}
