import type { Attack, Case } from '../../attack.ts'
import type { Identity } from '../../identities.ts'
import type { Operation, Plan, Reference } from '../../plan/plan.ts'
import { leavesOf, withAt } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { fail, Inconclusive, NotTested, pass, type Verdict } from '../../verdict.ts'
import { requireShown } from '../api3/hunt-fields.ts'
import { shownThing } from '../api3/shown-object.ts'
import { writeKindOf, writerOf } from '../api3/writer.ts'
import { isOpenWrite, lastWord, priceOf, requireUnsafe } from './flow-operations.ts'
import { userCases } from './once-repeated.ts'
import { isPayment, LIE, underpaid } from './underpaid.ts'

export const clientSidePrice: Attack = {
  id: 'client-side-price',
  number: 92,
  risk: 'API6',
  severity: 'high',
  cwe: 602,
  title: 'What something costs is what the client says',
  references: ['OWASP API6:2023', 'ASVS 5.0 2.2.2', 'CWE-602'],
  maxRequests: 10,
  oracle:
    'An order of a product whose price the server knows is read back at the price that the body named; or a payment of 1 leaves an object as paid as the whole amount does.',
  fix: 'Look prices up on the server when the order is made, and compare what is paid with what is owed in the statement that marks it paid.',
  phase: 'exhausting',
  *cases(plan) {
    const orders = plan.operations.filter((each) => isOrder(each, plan))
    const payments = plan.operations.filter(isPayment)
    yield* userCases([...orders, ...payments], plan)
    if (orders.length + payments.length === 0)
      yield { operation: null, untested: 'no order of a priced product and no payment of a stated amount is known' }
  },
  async run({ operation, owner }: Case, probe) {
    if (!operation) return pass()
    requireUnsafe(probe)
    const alice = probe.identity(owner)
    return isPayment(operation) ? underpaid(operation, alice, probe) : ordered(operation, alice, probe)
  },
}

const PRICE = /^((unit|item|list|sale)_?)?(price|cost|fare|fee)$|^(total|sub_?total|total_?(price|amount)|amount|sum)$/i
const TOTAL = /^(grand_?)?total(_?(price|amount))?$|^(amount|amount_?due|sum)$/i
/** Whoever offers, bids or gives names the price himself. */
const OWN_PRICE = /bid|offer|donat|tip|quote|listing/i

/** What is ordered: an object named by the body, or by the path above. */
const productOf = (operation: Operation, plan: Plan): Reference | undefined =>
  operation.references.find(
    ({ of, resource }) =>
      of === 'object' &&
      resource !== operation.resource &&
      plan.resources.some(({ name, isUser }) => name === resource && !isUser),
  )

function isOrder(operation: Operation, plan: Plan): boolean {
  if (!isOpenWrite(operation) || operation.purpose !== 'create' || OWN_PRICE.test(operation.path)) return false
  const find = (id: string | null) => plan.operations.find((each) => each.id === id) ?? null
  const isMade = writeKindOf(operation, find, plan.resources, null) === 'create'
  return (
    isMade &&
    productOf(operation, plan) !== undefined &&
    !/review|comment|rating|message|note/i.test(lastWord(operation))
  )
}

async function ordered(operation: Operation, alice: Identity, probe: Probe): Promise<Verdict> {
  const reference = productOf(operation, probe.plan)
  const product = reference && (await probe.object(reference.resource, alice))
  const shown = product && (shownThing((await probe.world.read(product)).json, product) ?? product.data)
  const price = priceOf(shown)
  if (!product || price === null || price <= 1)
    throw new NotTested(
      `${operation.id}: no price of ${reference?.resource ?? 'a product'} is known; say one: resources: { ${reference?.resource ?? 'product'}: { ids: … } }`,
    )
  const writer = await writerOf(operation, alice, 'create', probe)
  const offered = (body: unknown) =>
    [...leavesOf(body)].filter(({ at, value }) => typeof value === 'number' && PRICE.test(nameOf(at)))
  const priced = (body: unknown, value: number): unknown =>
    offered(body).reduce((built, { at }) => withAt(built, at, value), body)
  const control = await writer.write((body) => priced(body, price))
  requireShown(writer, control)
  const honest = costs(control.shown)
  for (const alter of [
    (body: unknown) => priced(body, LIE),
    (body: unknown) => ({ ...(body as object), price: LIE, unitPrice: LIE, total: LIE }),
  ]) {
    const write = await writer.write(alter)
    const cheap = costs(write.shown).filter(
      ([at, value]) => isLie(value) && honest.some(([place, was]) => place === at && !isLie(was)),
    )
    if (write.read !== null && cheap.length > 0)
      return fail(
        `${operation.id} costs ${cheap.map(([at, value]) => `${at.slice(1)} = ${value}`).join(', ')}, as its body says; the ${product.resource.name} costs ${price}`,
        control.answer,
        write.answer,
        write.read,
      )
  }
  if (honest.length === 0)
    throw new Inconclusive(`${operation.id}: what it costs is not shown afterwards`, control.answer)
  return pass(`it costs ${honest.map(([, value]) => value).join(', ')} whatever the body says`, control.answer)
}

const isLie = (value: number): boolean => value >= LIE && value <= 9 * LIE

const nameOf = (at: string): string => at.split('/').at(-1) ?? ''

/** What the order costs as a whole; its single prices where no whole is shown. */
function costs(shown: unknown): readonly (readonly [string, number])[] {
  const all = [...leavesOf(shown)].flatMap(({ at, value }) =>
    typeof value === 'number' && PRICE.test(nameOf(at)) ? [[at, value] as const] : [],
  )
  const totals = all.filter(([at]) => TOTAL.test(nameOf(at)))
  return totals.length > 0 ? totals : all
}
