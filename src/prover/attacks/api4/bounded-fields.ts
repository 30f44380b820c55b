import type { JsonSchema } from '../../../contract/schema.ts'
import type { Case } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import { at, withAt } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, NotTested, pass, type Verdict } from '../../verdict.ts'
import { madeThing, readBack } from '../made-thing.ts'
import { firstUser } from '../pairs.ts'
import { toChange } from '../to-change.ts'

/** A value above the bound that the document itself declares. */
export interface Excess {
  readonly what: string
  /** JSON Pointer. */
  readonly at: string
  readonly value: unknown
  /** The same within the bound: where that is refused, a refusal of more proves nothing. */
  readonly fair: unknown
  /** Whether an answer shows it whole; false where it was cut to the bound. */
  isIn(shown: Answer): boolean
}

/** Operations that make or change what can be read back, where their bodies have something of the kind. */
export function boundedCases(plan: Plan, excesses: (schema: JsonSchema) => boolean): readonly Case[] {
  const user = firstUser(plan)
  if (user === null) return []
  return plan.operations.flatMap((operation): Case[] => {
    const resource = plan.resources.find(({ name }) => name === operation.resource)
    const writes = operation.purpose === 'create' || operation.purpose === 'update' || operation.purpose === 'action'
    const isUsual = writes && operation.access !== 'admin' && resource?.isUser !== true
    if (operation.leftOut || !(isUsual || isFocused(plan, operation))) return []
    const schema = schemaOf(operation)
    return schema !== null && excesses(schema) ? [{ operation, owner: user.name }] : []
  })
}

/** An account is written only where it is asked for: its own, or a new one. */
const isFocused = (plan: Plan, { id, purpose, access }: Operation): boolean =>
  id === plan.focus && access !== 'admin' && (purpose === 'update' || id === plan.auth.register)

export const schemaOf = (operation: Case['operation']): JsonSchema | null =>
  operation?.read.body?.content.find(({ mediaType }) => /[/+]json/.test(mediaType))?.schema ?? null

/** Sends each excess in an otherwise valid request and reads back what became of it. */
export async function excessVerdict(
  probe: Probe,
  { operation, owner }: Case,
  excesses: (schema: JsonSchema, body: unknown) => readonly Excess[],
): Promise<Verdict> {
  if (!operation) return pass()
  const { alice, things } = await toChange(probe, operation, probe.identity(owner))
  const thing = things[0] ?? null
  const request = () => probe.draft(operation, alice, thing ? { things: [thing] } : {})
  const control = await probe.send(await request(), alice)
  if (!succeeded(control)) throw new Inconclusive(`a valid request is answered ${control.status} too`, control)
  let unseen: Answer | null = null
  let broken: Answer | null = null
  let last = control
  const draft = await request()
  const tried = excesses(schemaOf(operation) ?? {}, draft.body)
  if (tried.length === 0) throw new NotTested('nothing with a bound is in a valid request of it')
  const send = async ({ at: place }: Excess, value: unknown) => {
    const next = await request()
    return probe.send({ ...next, body: withAt(next.body, place, value) }, alice, { anyStatus: true })
  }
  let fairs = 0
  for (const excess of tried) {
    const fair = await send(excess, excess.fair)
    if (!succeeded(fair)) continue
    fairs++
    const answer = await send(excess, excess.value)
    last = answer
    if (answer.status >= 500) {
      // What failed may have been stored all the same.
      const after = thing === null ? null : await probe.world.read(thing)
      if (after !== null && excess.isIn(after))
        return fail(`${excess.what} is stored, though answered ${answer.status}`, control, answer, after)
      broken = answer
    }
    if (!succeeded(answer)) continue
    const shown = await readBack(probe, thing ?? (await madeThing(probe, operation, alice, answer)), answer)
    if (excess.isIn(shown)) return fail(`${excess.what} is taken and read back`, control, answer, shown)
    if (at(shown.json, excess.at) === undefined) unseen = answer
  }
  if (fairs === 0)
    throw new NotTested('a value within the bound is refused too; give a working body: operations: { … { body } }')
  if (broken !== null)
    throw new Inconclusive(`more than is declared is answered ${broken.status}, which denies nothing`, control, broken)
  if (unseen !== null)
    throw new Inconclusive('more than is declared is taken, and nothing shows what became of it', control, unseen)
  return pass(`what is above its bound is refused or cut (${last.status})`, control, last)
}
