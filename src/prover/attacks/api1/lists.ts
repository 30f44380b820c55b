import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { BuiltDraft } from '../../plan/build-draft.ts'
import type { Operation, Plan, Resource } from '../../plan/plan.ts'
import { at } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { itemsOf, type Thing } from '../../world.ts'
import { forUsers } from './object-cases.ts'

/** Lists of a resource that every caller asks without naming anybody's object but his tenant; exports and searches of it among them. */
export function callersObjects(plan: Plan, { name, list }: Resource): readonly Operation[] {
  const collection = plan.operations.find(({ id }) => id === list)?.path
  return plan.operations.filter(
    (each) =>
      each.method === 'GET' &&
      forUsers(each) &&
      !each.references.some(
        (reference) =>
          (reference.in === 'path' && reference.of !== 'tenant') ||
          (reference.in === 'query' && isRequired(each, reference.name)),
      ) &&
      ((each.purpose === 'list' && each.resource === name) ||
        (collection !== undefined && isBeside(each.path, collection))),
  )
}

const isRequired = (operation: Operation, name: string): boolean =>
  operation.read.parameters.some((each) => each.in === 'query' && each.name === name && each.required)

/** `/notes/export` beside `/notes`; counts and statistics show no objects. */
const isBeside = (path: string, collection: string): boolean =>
  path.startsWith(`${collection}/`) &&
  /^[^/{}]*(export|download|search|find|all|recent|latest|archive|feed|dump|backup|csv|json|list)[^/{}]*$/i.test(
    path.slice(collection.length + 1),
  )

/** The list as somebody asks for it. @param about - What a search looks for. @param parent - What it stands under, in the path. */
export async function listedBy(
  probe: Probe,
  list: Operation,
  as: Identity,
  about: Thing | null = null,
  parent?: Thing,
): Promise<Answer> {
  return probe.send(await listDraft(probe, list, as, about, parent), as)
}

export async function listDraft(
  probe: Probe,
  list: Operation,
  as: Identity,
  about: Thing | null = null,
  parent?: Thing,
): Promise<BuiltDraft> {
  const draft = await probe.draft(list, as, parent ? { things: [parent] } : {})
  const term = list.read.parameters.find((each) => each.in === 'query' && SEARCH.test(each.name))
  const isSearch = term !== undefined && (term.required || /search|find|lookup/i.test(list.path))
  if (!isSearch || about === null || about.canary === null) return draft
  const others = draft.query.filter(([name]) => name !== term.name)
  return { ...draft, query: [...others, [term.name, about.canary]] }
}

const SEARCH = /^(q|query|search|search_?term|term|text|keywords?|filter|name|title)$/i

/** Whether a list shows this object: its id as an item's, or its canary, though not where a search repeats what was looked for. */
export function holds(answer: Answer, thing: Thing): boolean {
  const items = itemsOf(answer.json)
  if (items.some((item) => idOfItem(item, thing.resource) === thing.id)) return true
  const { canary } = thing
  if (canary === null || !answer.text.includes(canary)) return false
  return answer.json === undefined
    ? answer.text.includes(thing.id) || /\n/.test(answer.text.trim())
    : items.length > 0 && JSON.stringify(items).includes(canary)
}

export function idOfItem(item: unknown, { id }: Resource): string | null {
  const value = at(item, `/${id}`) ?? at(item, '/id') ?? at(item, '/_id')
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null
}
