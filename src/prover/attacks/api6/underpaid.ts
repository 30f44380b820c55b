import type { Identity } from '../../identities.ts'
import type { Operation } from '../../plan/plan.ts'
import { withAt } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, NotTested, pass, type Verdict } from '../../verdict.ts'
import type { Thing } from '../../world.ts'
import { propertiesOf, requestSchemas } from '../api3/fields.ts'
import { shownThing } from '../api3/shown-object.ts'
import { amountPlaces, freshStep, isOpenWrite, lastWord, priceOf, requireDone } from './flow-operations.ts'

/** Cheap, and with up to nine of a thing known again. */
export const LIE = 1

const PAYS = /^(pay|payments?|checkout|charge|settle)$/i

/** A step that pays an object and says how much. */
export const isPayment = (operation: Operation): boolean =>
  isOpenWrite(operation) &&
  PAYS.test(lastWord(operation)) &&
  operation.references.some((each) => each.in === 'path') &&
  requestSchemas(operation).some((schema) => amountPlaces(zeroes(Object.keys(propertiesOf(schema)))).length > 0)

const zeroes = (names: readonly string[]): object => Object.fromEntries(names.map((name) => [name, 0]))

/** Pays an object wholly and another one with 1: both end alike where nobody compares. */
export async function underpaid(operation: Operation, alice: Identity, probe: Probe): Promise<Verdict> {
  const whole = await freshStep(operation, alice, probe)
  const cost = whole.thing && priceOf(whole.thing.data)
  const [place] = amountPlaces(whole.draft.body)
  if (whole.thing === null || cost === null || cost <= LIE || place === undefined)
    throw new NotTested(`${operation.id}: nothing shows what is owed`)
  const before = await stateOf(whole.thing, probe)
  const control = await probe.send(whole.draft, alice)
  requireDone(operation, control)
  const paid = await stateOf(whole.thing, probe)
  if (paid === '' || paid === before) throw new Inconclusive(`${operation.id}: nothing shows that it was paid`, control)
  const less = await freshStep(operation, alice, probe)
  const answer = await probe.send({ ...less.draft, body: withAt(less.draft.body, place, LIE) }, alice)
  if (!succeeded(answer)) return pass(`a payment of ${LIE} is answered ${answer.status}`, control, answer)
  const state = less.thing === null ? '' : await stateOf(less.thing, probe)
  return state === paid
    ? fail(
        `${operation.id} with ${place.slice(1)} = ${LIE} leaves it ${paid}, although it costs ${cost}`,
        control,
        answer,
      )
    : pass(`a payment of ${LIE} leaves it ${state}`, control, answer)
}

/** Words and switches that say whether it is paid. */
async function stateOf(thing: Thing, probe: Probe): Promise<string> {
  const shown = shownThing((await probe.world.read(thing)).json, thing) ?? {}
  return Object.entries(shown)
    .filter(
      ([name, value]) =>
        /^(status|state|(is_?)?paid|settled)$/i.test(name) && (typeof value === 'string' || typeof value === 'boolean'),
    )
    .map(([name, value]) => `${name}: ${String(value)}`)
    .join(', ')
}
