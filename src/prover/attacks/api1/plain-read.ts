import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import { type BuiltDraft, fillPath } from '../../plan/build-draft.ts'
import { resourceOfSegment } from '../../plan/names.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import type { Control, Probe } from '../../probe.ts'
import { isErrorBody } from '../../success.ts'
import { differs } from '../../telling.ts'
import { Inconclusive, NotTested } from '../../verdict.ts'
import type { Thing } from '../../world.ts'
import { addressed, pathObjects } from './object-cases.ts'

/** The object that a read shows: what it lists below an item where that can be had, else what its last id names. */
export async function shownBy(probe: Probe, operation: Operation, owner: Identity): Promise<Thing> {
  const parent = addressed(probe.plan, operation)
  const below = belowItem(probe.plan, operation)
  if (below !== null && below !== parent?.name) {
    const child = await probe.object(below, owner).catch((error: unknown) => {
      if (error instanceof NotTested || error instanceof Inconclusive) return null
      throw error
    })
    const stands = child?.chain.some(({ resource }) => resource.name === parent?.name) ?? false
    // What is listed below a person need not stand below him elsewhere.
    if (child && (parent === null || parent.isUser || stands)) return child
  }
  if (parent === null) throw new NotTested(`${operation.id}: nothing is known of what its path names`)
  return probe.object(parent.name, owner)
}

/** The resource that the path's last word names: `orders` of `/users/{user}/orders`. */
function belowItem(plan: Plan, { path, resource }: Operation): string | null {
  const [word = ''] = path.split('/').slice(-1)
  const name = resourceOfSegment(word)
  return word.startsWith('{') || !plan.resources.some((each) => each.name === name) ? resource : name
}

/** The owner's request as somebody else sends it: his own headers, such as a tenant's, stay his. */
export async function asSentBy(
  probe: Probe,
  operation: Operation,
  control: Control,
  stranger: Identity,
): Promise<BuiltDraft> {
  if (!operation.references.some((each) => each.in === 'header')) return control.draft
  const own = await probe.draft(operation, stranger, control.thing ? { things: [control.thing] } : {})
  return { ...control.draft, headers: own.headers }
}

/** What is read below an object may be empty until something is sent there: `POST` of the same path, once, as its owner. */
export async function filled(probe: Probe, operation: Operation, thing: Thing): Promise<void> {
  const fills = probe.plan.operations.find(
    ({ method, path, leftOut, access }) =>
      method === 'POST' && path === operation.path && !path.endsWith('}') && !leftOut && access !== 'admin',
  )
  if (fills === undefined || belowItem(probe.plan, operation) === thing.resource.name) return
  const sent = probe.shared(`api1 filled ${fills.id} ${thing.owner.name} ${thing.id}`, async () => {
    const draft = await probe.draft(fills, thing.owner, { things: [thing], canary: probe.nonce() })
    return probe.send(draft, thing.owner, { anyStatus: true })
  })
  // What cannot be filled is read as it is.
  await sent.catch(() => null)
}

export interface PlainRead {
  readonly control: Control
  readonly answer: Answer
  /** The stranger is shown the object without any trick. */
  readonly isShown: boolean
}

/** The stranger's plain request for the object, once for the run: tricks prove something only where it is refused. */
export function plainRead(probe: Probe, operation: Operation, thing: Thing, stranger: Identity): Promise<PlainRead> {
  return probe.shared(`api1 plain ${operation.id} ${thing.owner.name} ${stranger.name} ${thing.id}`, async () => {
    await filled(probe, operation, thing)
    const control = await probe.ownerReads(operation, thing.owner, thing)
    const answer = await probe.send(await asSentBy(probe, operation, control, stranger), stranger)
    return { control, answer, isShown: await leaks(probe, operation, answer, control, stranger) }
  })
}

/**
 * Whether an answer to a stranger shows the owner's object. A canary tells by itself; other texts count only where neither a miss
 * nor the stranger's own object shows them, so that an API that ignores the id is not taken for an open one.
 */
export async function leaks(
  probe: Probe,
  operation: Operation,
  answer: Answer,
  control: Control,
  stranger: Identity,
): Promise<boolean> {
  if (answer.status < 200 || answer.status >= 300 || isErrorBody(answer.json)) return false
  const canary = control.thing?.canary ?? null
  if (canary !== null && control.answer.text.includes(canary)) return answer.text.includes(canary)
  if (!probe.shows(answer, control)) return false
  const own = await ownAnswer(probe, operation, stranger)
  const missing = control.thing === null ? null : await missedBy(probe, operation, control, control.thing)
  const others = [own, missing].filter((each) => each !== null)
  if (!probe.shows(answer, control, ...others)) return false
  // Without one's own object to compare with, a text or two may be anybody's.
  const shown = control.marks.filter((mark) => answer.text.includes(mark))
  return own !== null || shown.length * 2 >= control.marks.length
}

/** Whether the owner's answer has anything by which a leak could be told: what is answered alike for every id and to everybody has not. */
export async function canTell(
  probe: Probe,
  operation: Operation,
  control: Control,
  stranger: Identity,
): Promise<boolean> {
  const { thing, answer, marks } = control
  if (thing === null || (thing.canary !== null && answer.text.includes(thing.canary))) return true
  const own = await ownAnswer(probe, operation, stranger)
  const missing = await missedBy(probe, operation, control, thing)
  const others = [own, missing].filter((each) => each !== null)
  return marks.length === 0
    ? others.every((each) => differs(each, answer))
    : marks.some((mark) => !others.some(({ text }) => text.includes(mark)))
}

/** What the stranger is shown of his own. */
async function ownAnswer(probe: Probe, operation: Operation, stranger: Identity): Promise<Answer | null> {
  try {
    const thing = pathObjects(operation).length > 0 ? await shownBy(probe, operation, stranger) : null
    return (await probe.ownerReads(operation, stranger, thing)).answer
  } catch (error) {
    if (error instanceof NotTested || error instanceof Inconclusive) return null
    throw error
  }
}

/** What the owner is answered for an id that names nothing, in place of the last of the path. */
export async function missedBy(
  probe: Probe,
  operation: Operation,
  control: Control,
  thing: Thing,
): Promise<Answer | null> {
  const last = pathObjects(operation).at(-1)
  if (last === undefined) return null
  return probe.shared(`api1 missing ${operation.id} ${thing.owner.name} ${thing.id}`, () => {
    const id = control.draft.params[last.name] ?? thing.id
    const params = { ...control.draft.params, [last.name]: probe.world.missingId(id) }
    return probe.send({ ...control.draft, path: fillPath(operation.path, params) }, thing.owner)
  })
}
