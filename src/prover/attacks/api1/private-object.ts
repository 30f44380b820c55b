import type { Identity } from '../../identities.ts'
import type { Operation, Resource } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { Inconclusive, NotTested } from '../../verdict.ts'
import type { Thing } from '../../world.ts'
import { allowsStranger } from '../pairs.ts'
import { intimateFields, openedByFields, ownerFields } from './data-signs.ts'
import { callersObjects, holds, listedBy } from './lists.ts'
import { plainRead } from './plain-read.ts'
import { knowSubject } from './subject.ts'

/** Whether an object is closed to somebody by intention, and what says so. */
export interface Privacy {
  readonly is: 'private' | 'shared' | 'unknown'
  readonly why: string
  /** Not only by who made it and whom its fields name. */
  readonly strong: boolean
}

/** Requests that finding it out may take, once for a resource and a pair. */
export const PRIVACY_REQUESTS = 20

const closed = (why: string, strong = true): Privacy => ({ is: 'private', why, strong })
const shared = (why: string): Privacy => ({ is: 'shared', why, strong: true })

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
  const told = said(resource, stranger, mate)
  if (told) return told
  const behaved =
    (await byLists(probe, resource, owner, stranger, apart)) ??
    (await byRead(probe, thing, stranger, apart)) ??
    (await byParent(probe, thing, stranger, apart))
  if (behaved) return behaved
  return byFields({ ...thing, data }, stranger)
}

/** What the contract, the hints or the plan say. */
function said(resource: Resource, stranger: Identity, mate: boolean): Privacy | null {
  if (resource.extension)
    return allowsStranger(resource.extension.read, stranger.plan, null)
      ? shared('the contract lets others read it')
      : closed('the contract keeps others out')
  if (resource.shared || resource.private === 'no') return shared(resource.privateWhy || 'it is said to be shared')
  if (resource.isTenant && mate) return shared(`it is the ${resource.name} of both`)
  return resource.private === 'yes' ? closed(resource.privateWhy || 'it is said to be private') : null
}

/** It stands in the owner's list; does it in the stranger's? */
async function byLists(
  probe: Probe,
  resource: Resource,
  owner: Identity,
  stranger: Identity,
  apart: Operation | null,
): Promise<Privacy | null> {
  for (const list of callersObjects(probe.plan, resource).filter(({ id }) => id !== apart?.id)) {
    const seen = await settled(() =>
      probe.shared(`api1 in-lists ${list.id} ${owner.name} ${stranger.name}`, async () => {
        const thing = await probe.object(resource.name, owner)
        const before = await listedBy(probe, list, owner)
        if (!succeeded(before) || !holds(before, thing)) return null
        const theirs = await listedBy(probe, list, stranger)
        if (!succeeded(theirs)) return null
        if (holds(theirs, thing)) return 'both'
        // Lists grow during a run, and pages turn.
        return holds(await listedBy(probe, list, owner), thing) ? 'owner' : null
      }),
    )
    if (seen === 'both') return shared(`${list.id} shows it to ${stranger.name} too`)
    if (seen === 'owner') return closed(`${list.id} shows it to ${owner.name} and not to ${stranger.name}`)
  }
  return null
}

/** Where the plain read refuses it, other ways to it are no way in. */
async function byRead(
  probe: Probe,
  thing: Thing,
  stranger: Identity,
  apart: Operation | null,
): Promise<Privacy | null> {
  const read = probe.operation(thing.resource.read)
  if (read === null || read.id === apart?.id || thing.resource.isUser) return null
  const seen = await settled(async () => {
    const object = await probe.object(thing.resource.name, thing.owner)
    return plainRead(probe, read, object, stranger)
  })
  return seen && !seen.isShown ? closed(`${read.id} refuses it to ${stranger.name}`) : null
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
    await settled(() => listedBy(probe, list, thing.owner, parent)),
    await settled(() => listedBy(probe, list, stranger, parent)),
  ]
  if (!own || !theirs || !holds(own, thing)) return null
  return holds(theirs, thing)
    ? shared(`${list.id} shows it to ${stranger.name} too`)
    : closed(`${list.id} shows it to ${thing.owner.name} and not to ${stranger.name}`)
}

/** The weakest signs: whom its fields name, and that it was made a moment ago and nobody was told of it. */
function byFields(thing: Thing, stranger: Identity): Privacy {
  const { owner, data, resource } = thing
  const [field] = ownerFields(thing, owner)
  const intimate = intimateFields(data, resource.isUser)
  if (resource.isUser)
    return intimate.length > 0
      ? closed(`it holds ${intimate.slice(0, 3).join(', ')}`)
      : shared('a profile that holds nothing but what anybody may know')
  if (field !== undefined && intimate.length > 0)
    return closed(`its ${field.slice(1)} names ${owner.name}, and it holds ${intimate.slice(0, 3).join(', ')}`)
  const isHigher = stranger.plan.roles.some((role) => !owner.plan.roles.includes(role))
  if (!isHigher && field !== undefined) return closed(`its ${field.slice(1)} names ${owner.name}`, false)
  if (!isHigher && Object.hasOwn(resource.known, owner.name) && !thing.made)
    return closed(`it was given as ${owner.name}'s`, false)
  if (!isHigher && thing.made) return closed(`${owner.name} made it, and ${stranger.name} was never told of it`, false)
  return { is: 'unknown', why: `nothing says that the ${resource.name} is ${owner.name}'s alone`, strong: false }
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

/** A sign that cannot be had is no sign. */
async function settled<T>(look: () => Promise<T>): Promise<T | null> {
  try {
    return await look()
  } catch (error) {
    if (error instanceof NotTested || error instanceof Inconclusive) return null
    throw error
  }
}
