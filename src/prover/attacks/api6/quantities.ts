import type { JsonSchema } from '../../../contract/schema.ts'
import type { Operation } from '../../plan/plan.ts'
import { bodyRoot, propertiesOf, requestSchemas } from '../api3/fields.ts'

/** A number in a body that says how many or how much. */
export interface Quantity {
  readonly name: string
  /** JSON Pointer in the body. */
  readonly place: string
  readonly schema: JsonSchema
}

const QUANTITY =
  /^(qty|quantity|units|seats|tickets|guests|nights|count|items_?count|amount|total|price|sum|tip|points)$/i
const COUNTED = /^(qty|quantity|units|seats|tickets|guests|nights)$/i
const SPENDS = /order|cart|purchase|basket|checkout|book|reserv|transfer|pay|withdraw|redeem|buy|donat/i
/** Corrections and entries of books go both ways, and a shelf may be empty. */
const BOTH_WAYS = /adjust|correct|movement|stock|inventor|ledger|entr(y|ies)|transactions?$|balance/i
const NUMBER = ['number', 'integer']

/** The likeliest first, at the top of the body or in its first list. */
export function quantitiesOf(operation: Operation): readonly Quantity[] {
  const root = bodyRoot(operation)
  const found = requestSchemas(operation).flatMap((schema) =>
    Object.entries(propertiesOf(schema)).flatMap(([name, child]) => [
      ...quantity(name, `${root}/${name}`, child),
      ...Object.entries(propertiesOf(child.items ?? {})).flatMap(([inner, each]) =>
        quantity(inner, `${root}/${name}/*/${inner}`, each),
      ),
    ]),
  )
  return found.sort((one, other) => Number(COUNTED.test(other.name)) - Number(COUNTED.test(one.name)))
}

const quantity = (name: string, place: string, schema: JsonSchema): readonly Quantity[] =>
  QUANTITY.test(name) && schema.readOnly !== true && [schema.type].flat().some((type) => NUMBER.includes(String(type)))
    ? [{ name, place, schema }]
    : []

/** What nobody may mean: outside the declared bounds, or below zero where things are bought and sent. */
export function impossible(
  { minimum, exclusiveMinimum, maximum }: JsonSchema,
  name: string,
  operation: Operation,
): readonly number[] {
  const least = minimum ?? (exclusiveMinimum === undefined ? null : exclusiveMinimum + Number.EPSILON)
  const isCounted = COUNTED.test(name)
  const spends = SPENDS.test(operation.path)
  const unsaid = BOTH_WAYS.test(operation.path)
    ? []
    : [...(spends || isCounted ? [-1] : []), ...(spends && isCounted ? [0] : [])]
  const low = least === null ? unsaid : [-1, 0].filter((each) => each < least)
  return [...low, maximum === undefined ? OVERFLOW : maximum + 1]
}

/** One more than 31 bits hold: read back negative where it wrapped around. */
export const OVERFLOW = 2_147_483_648
