import type { Attack, Case, Untested } from '../../attack.ts'
import type { Identity } from '../../identities.ts'
import type { Operation } from '../../plan/plan.ts'
import { at, withAt } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, NotTested, pass, type Verdict } from '../../verdict.ts'
import { bodyRoot } from '../api3/fields.ts'
import { requireShown } from '../api3/hunt-fields.ts'
import { type WriteKind, writeKindOf, writerOf } from '../api3/writer.ts'
import { freshStep, isOpenWrite, requireDone, requireUnsafe } from './flow-operations.ts'
import { LOOK_REQUESTS, measuresOf, moved } from './measures.ts'
import { userCases } from './once-repeated.ts'
import { impossible, OVERFLOW, type Quantity, quantitiesOf } from './quantities.ts'

export const impossibleQuantity: Attack = {
  id: 'impossible-quantity',
  number: 91,
  risk: 'API6',
  severity: 'high',
  cwe: 1284,
  title: 'A negative, empty or overflowing quantity is taken',
  references: ['OWASP API6:2023', 'ASVS 5.0 2.2.1', 'CWE-1284'],
  maxRequests: 3 + 3 * LOOK_REQUESTS,
  oracle:
    'A quantity or amount below zero, of zero, beyond its bound or beyond 32 bits is read back from what was made, or moves a balance the other way than an ordinary one does. What the contract allows in words (a minimum of -10) is no finding.',
  fix: 'Give each quantity a minimum and maximum in the schema, check it again where it is used, and compute with types that cannot overflow.',
  phase: 'exhausting',
  *cases(plan) {
    const wanted = plan.operations.filter((each) => isOpenWrite(each) && quantitiesOf(each).length > 0)
    yield* userCases(wanted, plan)
    if (wanted.length === 0)
      yield { operation: null, untested: 'no request asks for a quantity or an amount' } satisfies Untested
  },
  async run({ operation, owner }: Case, probe) {
    if (!operation) return pass()
    requireUnsafe(probe)
    const [quantity] = quantitiesOf(operation)
    if (!quantity) return pass()
    const values = impossible(quantity.schema, quantity.name, operation)
    if (values.length === 0)
      throw new NotTested(
        `${operation.id}: its contract says nothing against any ${quantity.name}; give it a minimum and a maximum`,
      )
    const kind = writeKindOf(operation, (id) => probe.operation(id), probe.plan.resources, null)
    const alice = probe.identity(owner)
    return kind === null
      ? movesTheOtherWay(operation, alice, quantity, values, probe)
      : isReadBack(operation, alice, kind, quantity, values, probe)
  },
}

async function isReadBack(
  operation: Operation,
  alice: Identity,
  kind: WriteKind,
  { name, place, schema }: Quantity,
  values: readonly number[],
  probe: Probe,
): Promise<Verdict> {
  const writer = await writerOf(operation, alice, kind, probe)
  const control = await writer.write((body) => body)
  requireShown(writer, control)
  const readAt = place.slice(bodyRoot(operation).length).replaceAll('*', '0')
  let isShown = at(control.shown, readAt) !== undefined
  for (const value of values) {
    const write = await writer.write((body) => withAt(body, place, value))
    const back = at(write.shown, readAt)
    isShown ||= back !== undefined
    if (write.read === null || back === undefined) continue
    // Without a declared maximum a large number is no fault; one that comes back below zero is.
    const wrong = value === OVERFLOW && schema.maximum === undefined ? Number(back) < 0 : Number(back) === value
    if (wrong)
      return fail(
        `${operation.id} takes ${name} = ${value}, and ${JSON.stringify(back)} is read back`,
        control.answer,
        write.answer,
        write.read,
      )
    if (write.answer.status < 300 && !isShown) break
  }
  if (!isShown)
    throw new Inconclusive(
      `${operation.id}: ${name} is not shown afterwards, so nothing tells what was taken`,
      control.answer,
    )
  return pass(`${name} of ${values.join(', ')} is not taken`, control.answer)
}

async function movesTheOtherWay(
  operation: Operation,
  alice: Identity,
  { name, place }: Quantity,
  values: readonly number[],
  probe: Probe,
): Promise<Verdict> {
  const one = await freshStep(operation, alice, probe)
  const start = await measuresOf(one.thing, alice, probe)
  const control = await probe.send(one.draft, alice)
  requireDone(operation, control)
  const usual = moved(start, await measuresOf(one.thing, alice, probe))
  const value = values.find((each) => each < 0)
  if (value === undefined) return pass(`nothing below zero is ruled out for ${name}`, control)
  const other = await freshStep(operation, alice, probe)
  const draft = { ...other.draft, body: withAt(other.draft.body, place, value) }
  const before = await measuresOf(other.thing, alice, probe)
  const answer = await probe.send(draft, alice)
  if (!succeeded(answer)) return pass(`${name} = ${value} is answered ${answer.status}`, control, answer)
  const turned = [...moved(before, await measuresOf(other.thing, alice, probe))].filter(
    ([key, by]) => (usual.get(key) ?? 0) * by < 0,
  )
  if (turned.length === 0)
    throw new Inconclusive(
      `${operation.id} is answered ${answer.status} with ${name} = ${value}, and nothing shows what it did`,
      control,
      answer,
    )
  return fail(
    `${operation.id} with ${name} = ${value} moves ${turned.map(([key, by]) => `${key} by ${by}`).join(', ')}`,
    control,
    answer,
  )
}
