import type { Identity } from '../../identities.ts'
import type { Operation, Resource } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { Inconclusive, NotTested } from '../../verdict.ts'
import type { Thing } from '../../world.ts'
import { callersObjects, holds, listedBy } from './lists.ts'
import { addressed, forUsers } from './object-cases.ts'
import { plainRead } from './plain-read.ts'
import { closed, type Privacy, shared } from './privacy.ts'

/** It stands in the owner's list; does it in the stranger's? */
export async function byLists(
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
        const before = await listedBy(probe, list, owner, thing)
        if (!succeeded(before) || !holds(before, thing)) return null
        const theirs = await listedBy(probe, list, stranger, thing)
        if (!succeeded(theirs)) return null
        if (holds(theirs, thing)) return 'both'
        // Lists grow during a run, and pages turn.
        return holds(await listedBy(probe, list, owner, thing), thing) ? 'owner' : null
      }),
    )
    if (seen === 'both') return shared(`${list.id} shows it to ${stranger.name} too`)
    if (seen === 'owner') return closed(`${list.id} shows it to ${owner.name} and not to ${stranger.name}`)
  }
  return null
}

/** Where a plain read of it or below it refuses, other ways to it are no way in. */
export async function byReads(
  probe: Probe,
  thing: Thing,
  stranger: Identity,
  apart: Operation | null,
): Promise<Privacy | null> {
  const { resource, owner } = thing
  if (resource.isUser) return null
  const reads = probe.plan.operations.filter(
    (each) =>
      each.method === 'GET' &&
      each.id !== apart?.id &&
      forUsers(each) &&
      addressed(probe.plan, each)?.name === resource.name,
  )
  const main = reads.filter(({ id }) => id === resource.read)
  for (const read of [...main, ...reads.filter((each) => !main.includes(each)).slice(0, 2)]) {
    const seen = await settled(async () => plainRead(probe, read, await probe.object(resource.name, owner), stranger))
    // A rule of its own, such as a role, may stand before what is below it.
    if (seen && !succeeded(seen.answer) && (read.id === resource.read || seen.answer.status === 404))
      return closed(`${read.id} refuses it to ${stranger.name}`)
  }
  return null
}

/** A sign that cannot be had is no sign. */
export async function settled<T>(look: () => Promise<T>): Promise<T | null> {
  try {
    return await look()
  } catch (error) {
    if (error instanceof NotTested || error instanceof Inconclusive) return null
    throw error
  }
}
