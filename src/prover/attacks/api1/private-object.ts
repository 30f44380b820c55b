import type { Identity } from '../../identities.ts'
import type { Operation, Resource } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { NotTested } from '../../verdict.ts'
import type { Thing } from '../../world.ts'
import { allowsStranger } from '../pairs.ts'
import { byLists, byReads, settled } from './behaviour-signs.ts'
import { openedByFields, ownerFields } from './data-signs.ts'
import { byFields, byKind } from './field-signs.ts'
import { givenTo } from './given-to.ts'
import { holds, listedBy } from './lists.ts'
import { closed, type Privacy, shared } from './privacy.ts'
import { knowSubject } from './subject.ts'

/** Requests that finding it out may take, once for a resource and a pair. */
export const PRIVACY_REQUESTS = 24

/**
 * Whether the object is the owner's alone, as seen from this stranger: by what the contract says, and else by how the API behaves.
 * It is asked only after something went through, so that a sound API pays nothing for it.
 * @param apart - The operation under attack: its own behaviour says nothing about what is meant.
 */
export async function privacyOf(
  probe: Probe,
  thing: Thing,
  stranger: Identity,
  apart: Operation | null,
): Promise<Privacy> {
  const { resource, owner } = thing
  await knowSubject(probe, owner)
  await knowSubject(probe, stranger)
  const data = await dataOf(probe, thing)
  const mate = owner.plan.tenant !== null && owner.plan.tenant === stranger.plan.tenant
  const opened = openedByFields(data, stranger, mate)
  if (opened !== null) return shared(opened)
  const party = thing.chain.find(({ lentBy }) => lentBy === stranger.name)
  if (party) return shared(`the ${party.resource.name} was made with something of ${stranger.name}`)
  const given = resource.extension === null ? await givenTo(probe, thing, stranger) : null
  if (given) return given
  if (isAmongOthers({ ...thing, data }))
    return {
      is: 'unknown',
      why: `${owner.name} is shown what others have too, and nothing in it names him`,
      strong: false,
    }
  const told = said(resource, stranger, mate)
  // What an admin makes may be for others: an appointment for a patient of somebody's.
  if (told?.is === 'private' && owner.plan.kind === 'admin' && resource.extension === null) {
    const listed = await byLists(probe, resource, owner, stranger, apart)
    if (listed?.is === 'shared') return listed
  }
  if (told) return told
  if (!thing.made && (await isCommon(probe, thing, stranger))) return shared(`it is as much ${stranger.name}'s`)
  const behaved =
    byKind({ ...thing, data }, stranger, mate) ??
    (await byLists(probe, resource, owner, stranger, apart)) ??
    (await byReads(probe, thing, stranger, apart)) ??
    (await byParent(probe, thing, stranger, apart))
  if (behaved) return behaved
  return byFields({ ...thing, data }, stranger)
}

/** What an admin finds is as likely somebody else's: only what names him is his own. */
const isAmongOthers = (thing: Thing): boolean =>
  !thing.made &&
  thing.owner.plan.kind === 'admin' &&
  thing.resource.extension === null &&
  thing.resource.known[thing.owner.name] === undefined &&
  ownerFields(thing, thing.owner).length === 0

/** What was found rather than made may be found by the stranger as well. */
async function isCommon(probe: Probe, { resource, id }: Thing, stranger: Identity): Promise<boolean> {
  const own = await settled(() => probe.object(resource.name, stranger))
  return own?.id === id
}

/** What the contract, the hints or the plan say. */
function said(resource: Resource, stranger: Identity, mate: boolean): Privacy | null {
  if (resource.extension)
    return allowsStranger(resource.extension.read, stranger.plan, null)
      ? shared('the contract lets others read it')
      : closed('the contract keeps others out')
  if (resource.shared || (resource.private === 'no' && resource.isSaid))
    return shared(resource.privateWhy || 'it is said to be shared')
  if (resource.isTenant && mate) return shared(`it is the ${resource.name} of both`)
  return resource.private === 'yes' && resource.isSaid
    ? closed(resource.privateWhy || 'it is said to be private')
    : null
}

/** What stands in something private is private; what stands in something shared is listed there for all, or not. */
async function byParent(
  probe: Probe,
  thing: Thing,
  stranger: Identity,
  apart: Operation | null,
): Promise<Privacy | null> {
  const parent = thing.chain.at(-2)
  if (!parent || parent.resource.isUser) return null
  const above = await privacyOf(probe, parent, stranger, apart)
  if (above.is === 'private' && above.strong)
    return closed(`it stands in a ${parent.resource.name} of ${thing.owner.name}, and ${above.why}`)
  const list = probe.operation(thing.resource.list)
  if (above.is !== 'shared' || list === null || list.id === apart?.id) return null
  const [own, theirs] = [
    await settled(() => listedBy(probe, list, thing.owner, thing, parent)),
    await settled(() => listedBy(probe, list, stranger, thing, parent)),
  ]
  if (!own || !theirs || !holds(own, thing)) return null
  return holds(theirs, thing)
    ? shared(`${list.id} shows it to ${stranger.name} too`)
    : closed(`${list.id} shows it to ${thing.owner.name} and not to ${stranger.name}`)
}

/** The same for an operation that says itself who may: strangers are tried only where its rule keeps them out. */
export const operationPrivacy = async (
  probe: Probe,
  thing: Thing,
  stranger: Identity,
  operation: Operation,
): Promise<Privacy> =>
  operation.rule === null ? privacyOf(probe, thing, stranger, operation) : closed('the contract keeps others out')

/**
 * Whether changing the object is its owner's right alone: it is private, or its owner's name is on it and no team shares it.
 */
export async function changeableByOwnerAlone(
  probe: Probe,
  thing: Thing,
  stranger: Identity,
  apart: Operation,
): Promise<Privacy> {
  const privacy = await operationPrivacy(probe, thing, stranger, apart)
  if (privacy.is === 'private') return privacy
  const { owner } = thing
  const [field] = ownerFields({ ...thing, data: await dataOf(probe, thing) }, owner)
  const isTeam = owner.plan.tenant !== null && owner.plan.tenant === stranger.plan.tenant
  if (field !== undefined && !isTeam) return closed(`others may read it, but its ${field.slice(1)} names ${owner.name}`)
  return { is: 'unknown', why: `${privacy.why}, and nothing says that only ${owner.name} may change it`, strong: false }
}

/** What to write where nothing says whose an object is. */
export const sayWhose = ({ resource }: Thing, { why }: Privacy): NotTested =>
  new NotTested(
    `it went through, but ${why}; say whose it is: resources: { ${resource.name}: { owner: <field> } }, or shared: true`,
  )

async function dataOf(probe: Probe, thing: Thing): Promise<unknown> {
  if (thing.data !== undefined) return thing.data
  const answer = await settled(() =>
    probe.shared(`api1 data ${thing.resource.name} ${thing.id}`, () => probe.world.read(thing)),
  )
  return answer?.json
}
