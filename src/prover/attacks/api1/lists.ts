import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { BuiltDraft } from '../../plan/build-draft.ts'
import type { Operation, Plan, Resource } from '../../plan/plan.ts'
import { at } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { itemsOf, type Thing } from '../../world.ts'
import { forUsers } from './object-cases.ts'

/** Lists of a resource that every caller asks without naming anybody's object. */
export const callersObjects = (plan: Plan, { name }: Resource): readonly Operation[] =>
  plan.operations.filter(
    (each) =>
      each.method === 'GET' &&
      each.purpose === 'list' &&
      each.resource === name &&
      forUsers(each) &&
      !each.references.some((reference) => reference.in === 'path'),
  )

/** The list as somebody asks for it. @param parent - What it stands under, in the path. */
export async function listedBy(probe: Probe, list: Operation, as: Identity, parent?: Thing): Promise<Answer> {
  return probe.send(await listDraft(probe, list, as, parent), as)
}

export const listDraft = (probe: Probe, list: Operation, as: Identity, parent?: Thing): Promise<BuiltDraft> =>
  probe.draft(list, as, parent ? { things: [parent] } : {})

/** Whether a list shows this object: its canary, or its id as an item's. */
export function holds(answer: Answer, thing: Thing): boolean {
  if (thing.canary !== null && answer.text.includes(thing.canary)) return true
  return itemsOf(answer.json).some((item) => idOfItem(item, thing.resource) === thing.id)
}

export function idOfItem(item: unknown, { id }: Resource): string | null {
  const value = at(item, `/${id}`) ?? at(item, '/id') ?? at(item, '/_id')
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null
}
