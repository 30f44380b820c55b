import type { Case } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { BuiltDraft } from '../../plan/build-draft.ts'
import type { Operation, Plan, Reference } from '../../plan/plan.ts'
import type { Control, Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { differs } from '../../telling.ts'
import { Inconclusive, NotTested, pass, type Verdict } from '../../verdict.ts'
import { isRead, ownedRead, referenceCases, referenceOf, withOwnCookies } from './in-place.ts'
import { judgeRead } from './judge-read.ts'
import { nothingKnown, objectCases, pathObjects } from './object-cases.ts'
import { withIds } from './place-id.ts'
import { leaks, plainRead } from './plain-read.ts'

/** Another way to write the id: what is tried where the plain one is refused. */
export interface Trick {
  /** What the stranger does, after his name: `asks with the id as an array`. */
  readonly how: string
  readonly draft: BuiltDraft
}

/** What a trick is made of. */
export interface Material {
  readonly operation: Operation
  readonly reference: Reference
  /** The stranger's own whole request. */
  readonly own: BuiltDraft
  /** The same with the owner's id. */
  readonly theirs: BuiltDraft
  readonly ownId: string
  readonly theirId: string
}

/** The read of each resource by its path, for one pair: how an id is parsed is the same for all. */
export const mainReads = (plan: Plan): ReturnType<typeof objectCases> => {
  const main = new Set(plan.resources.map(({ read, isUser }) => (isUser ? null : read)))
  return objectCases(plan, 'main', ({ id, method }) => method === 'GET' && main.has(id)).filter(
    (it, index, all) => all.findIndex(({ operation }) => operation === it.operation) === index,
  )
}

/** Reads that take an id of somebody's object in these places. */
export const readsBy = (plan: Plan, ...places: readonly Reference['in'][]): ReturnType<typeof referenceCases> =>
  referenceCases(
    plan,
    'one',
    (reference, operation) =>
      places.includes(reference.in) && !reference.many && reference.of === 'object' && isRead(operation),
  )

/** Tries each trick, where the plain request is refused. @throws {NotTested} Where it is not. */
export async function tryTricks(
  it: Case,
  probe: Probe,
  tricksOf: (material: Material) => readonly Trick[],
): Promise<Verdict> {
  const { operation } = it
  if (!operation) throw nothingKnown()
  const [alice, bob] = [probe.identity(it.owner), probe.identity(it.attacker)]
  const { control, plain, material } = await prepared(probe, operation, referenceOf(it), alice, bob)
  if (await leaks(probe, operation, plain, control, bob))
    throw new NotTested(`${bob.name} is shown it without any trick: see object-read, id-in-query and id-in-body`)
  if (succeeded(plain) && !differs(plain, control.answer))
    throw new NotTested(`${bob.name} is answered as ${alice.name} is, so nothing is refused`)
  let last = plain
  let broken: Inconclusive | null = null
  for (const { how, draft } of tricksOf(material)) {
    try {
      last = await probe.send(await withOwnCookies(draft, bob), bob)
    } catch (error) {
      if (!(error instanceof Inconclusive)) throw error
      // One spelling that breaks the target says nothing of the others.
      broken ??= error
      continue
    }
    if (await leaks(probe, operation, last, control, bob)) return judgeRead(probe, operation, control, last, bob, how)
  }
  if (broken) throw broken
  return pass(`${bob.name} is answered ${last.status}, however the id is written`, control.answer, plain, last)
}

async function prepared(
  probe: Probe,
  operation: Operation,
  reference: Reference | null,
  alice: Identity,
  bob: Identity,
): Promise<{ readonly control: Control; readonly plain: Answer; readonly material: Material }> {
  const place = reference ?? pathObjects(operation).at(-1)
  if (place === undefined) throw new NotTested(`${operation.id} takes no id`)
  if (reference === null) {
    const thing = await probe.object(place.resource, alice)
    const { control, answer } = await plainRead(probe, operation, thing, bob)
    const mine = await probe.object(place.resource, bob)
    const own = await probe.draft(operation, bob, { things: [mine] })
    return {
      control,
      plain: answer,
      material: { operation, reference: place, own, theirs: control.draft, ownId: mine.id, theirId: thing.id },
    }
  }
  const control = await ownedRead(probe, operation, reference, alice)
  const ownId = (await probe.object(reference.resource, bob)).id
  const base = await probe.draft(operation, bob)
  const theirs = withIds(operation, base, reference, [control.id])
  const plain = await probe.send(await withOwnCookies(theirs, bob), bob)
  const own = withIds(operation, base, reference, [ownId])
  return { control, plain, material: { operation, reference, own, theirs, ownId, theirId: control.id } }
}
