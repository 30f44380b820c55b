import type { Case, Untested } from '../../attack.ts'
import type { Identity } from '../../identities.ts'
import type { BuiltDraft } from '../../plan/build-draft.ts'
import type { Operation, Plan, Reference } from '../../plan/plan.ts'
import { at } from '../../pointer.ts'
import type { Control, Probe } from '../../probe.ts'
import { NotTested, type Verdict } from '../../verdict.ts'
import type { Thing } from '../../world.ts'
import { allowsStranger } from '../pairs.ts'
import { judgeRead } from './judge-read.ts'
import { judgeWrite } from './judge-write.ts'
import { forUsers, nothingKnown, type ObjectCase, resourceNamed, withPairs } from './object-cases.ts'
import { withIds } from './place-id.ts'
import { privacyOf } from './private-object.ts'
import { victimOf } from './read-back.ts'
import { refuseWhenSafe } from './write-cases.ts'

/** Ids outside the path: in query, body, header or cookie. */

/** Money goes to, and invitations are for, people whose objects one does not own. */
const MEANT_FOR_OTHERS =
  /(^|\/)(to|recipient|receiver|target|payee|destination|dest|beneficiary|invitee|assignee)[^/]*$/i

/** Whether it shows something and changes nothing, by its method or, for searches in a body, its last word. */
export const isRead = ({ method, path }: Operation): boolean =>
  method === 'GET' ||
  (method === 'POST' &&
    /\/[^/{]*(search|query|preview|lookup|find|export|report|fetch|view|show|download|calculate|quote|render|print)[^/{}]*$/i.test(
      path,
    ))

/** Operations that take an id of somebody's object there × pairs; the variant names the place. */
export function referenceCases(
  plan: Plan,
  pairs: 'main' | 'one',
  wanted: (reference: Reference, operation: Operation) => boolean,
): readonly (ObjectCase | Untested)[] {
  return plan.operations.filter(forUsers).flatMap((operation) =>
    operation.references
      .filter((each) => wanted(each, operation) && isSomebodys(plan, each, operation))
      .flatMap((reference) =>
        withPairs(
          plan,
          operation,
          pairs,
          (attacker) => {
            const refer = resourceNamed(plan, reference.resource)?.extension?.refer
            return refer !== undefined && allowsStranger(refer, attacker, null)
          },
          placeName(reference),
        ),
      ),
  )
}

const placeName = ({ in: place, name }: Reference): string => `${place} ${name}`

export const referenceOf = ({ operation, variant }: Case): Reference | null =>
  operation?.references.find((each) => placeName(each) === variant) ?? null

function isSomebodys(plan: Plan, { of, resource: name, name: place }: Reference, operation: Operation): boolean {
  const resource = resourceNamed(plan, name)
  if (of === 'tenant' || resource?.isTenant || resource?.shared || resource?.private === 'no') return false
  // Whoever names a person in a write means that person: to invite, to pay, to assign.
  if (of === 'user' || resource === null || resource.isUser) return isRead(operation) && of === 'user'
  return isRead(operation) || !MEANT_FOR_OTHERS.test(place)
}

/** A stranger names the owner's object there. @param mixed - Among ids of his own. */
export async function strangerNames(it: Case, probe: Probe, mixed = false): Promise<Verdict> {
  const { operation } = it
  const reference = referenceOf(it)
  if (!operation || !reference) throw nothingKnown()
  const [alice, bob] = [probe.identity(it.owner), probe.identity(it.attacker)]
  return isRead(operation)
    ? namesInRead(probe, operation, reference, alice, bob, mixed)
    : namesInWrite(probe, operation, reference, alice, bob, mixed)
}

/** What the owner is shown when she names her own object there; kept for the run. */
export async function ownedRead(
  probe: Probe,
  operation: Operation,
  reference: Reference,
  owner: Identity,
): Promise<Control & { readonly id: string }> {
  const thing = await namedThing(probe, operation, reference, owner)
  const id = reference.of === 'user' ? owner.subject : thing.id
  if (id === null) throw new NotTested(`the id of ${owner.name} is not known; add subject: … to the identity`)
  const control = await probe.shared(`api1 place ${operation.id} ${placeName(reference)} ${owner.name}`, async () =>
    probe.measure(withIds(operation, await probe.draft(operation, owner), reference, [id]), owner, thing),
  )
  return { ...control, id }
}

/** What the operation shows of its owner: what it lists, else what the id names. */
async function namedThing(probe: Probe, operation: Operation, reference: Reference, owner: Identity): Promise<Thing> {
  await owner.session()
  const named = resourceNamed(probe.plan, reference.resource)
  const name = reference.of === 'user' ? (operation.resource ?? named?.name) : named?.name
  if (name === undefined)
    throw new NotTested(`nothing is known of what ${placeName(reference)} of ${operation.id} names`)
  return probe.object(name, owner)
}

async function namesInRead(
  probe: Probe,
  operation: Operation,
  reference: Reference,
  alice: Identity,
  bob: Identity,
  mixed: boolean,
): Promise<Verdict> {
  const control = await ownedRead(probe, operation, reference, alice)
  const ids = mixed ? [(await namedThing(probe, operation, reference, bob)).id, control.id] : [control.id]
  const draft = withIds(operation, await probe.draft(operation, bob), reference, ids)
  const answer = await probe.send(await withOwnCookies(draft, bob), bob)
  return judgeRead(probe, operation, control, answer, bob, `names it in ${placeName(reference)}`)
}

async function namesInWrite(
  probe: Probe,
  operation: Operation,
  reference: Reference,
  alice: Identity,
  bob: Identity,
  mixed: boolean,
): Promise<Verdict> {
  if (operation.method === 'DELETE' || /delete|remove|purge|destroy/i.test(operation.path)) refuseWhenSafe(probe)
  const thing = await victimOf(probe, reference.resource, alice, false)
  // His own is new too: the operation may destroy all that it names.
  const own = mixed ? [(await probe.fresh(reference.resource, bob)).id] : []
  const canary = probe.nonce()
  const draft = await probe.draft(operation, bob, { canary })
  const sent = withIds(operation, draft, reference, [...own, thing.id])
  return judgeWrite(probe, {
    operation,
    thing,
    attacker: bob,
    draft: await withOwnCookies(sent, bob),
    canary: draft.canaryAt === null ? null : canary,
    control: {
      key: `${operation.id} ${placeName(reference)}`,
      draft: async () => withIds(operation, await probe.draft(operation, alice), reference, [thing.id]),
    },
    how: `names the ${thing.resource.name} in ${placeName(reference)} of ${operation.id},`,
    privacy: () => privacyOf(probe, thing, bob, operation),
    more: (answer) => shownInMade(probe, operation, at(answer.json, operation.produces?.id ?? '/id'), thing, bob),
  })
}

/** What he made with the reference may hold the object that it names. */
async function shownInMade(
  probe: Probe,
  { produces }: Operation,
  id: unknown,
  thing: Thing,
  maker: Identity,
): Promise<string | null> {
  const read = probe.operation(produces ? probe.resource(produces.resource).read : null)
  if (!produces || !read || thing.canary === null || (typeof id !== 'string' && typeof id !== 'number')) return null
  const parts = { resource: probe.resource(produces.resource), id: String(id), owner: maker, canary: null }
  const made: Thing = { ...parts, data: undefined, made: true, chain: [] }
  const draft = await probe.draft(read, maker, { things: [{ ...made, chain: [made] }] })
  const answer = await probe.send(draft, maker)
  return answer.text.includes(thing.canary) ? `what he made with it shows the ${thing.resource.name}` : null
}

/** A Cookie header of the request would take the place of the credential's. */
export async function withOwnCookies(draft: BuiltDraft, as: Identity): Promise<BuiltDraft> {
  const added = draft.headers.find(([name]) => name.toLowerCase() === 'cookie')
  const own = (await as.session()).headers.find(([name]) => name.toLowerCase() === 'cookie')
  if (!added || !own) return draft
  const others = draft.headers.filter((each) => each !== added)
  return { ...draft, headers: [...others, ['Cookie', `${own[1]}; ${added[1]}`]] }
}
