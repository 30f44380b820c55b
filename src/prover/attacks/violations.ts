import type { JsonSchema } from '../../contract/schema.ts'
import { typeOf } from '../plan/sample.ts'
import { withAt } from '../pointer.ts'

/** A valid body with one thing in it that its schema refuses, and the value that would be read back if it were taken. */
export interface Violation {
  readonly what: string
  readonly body: unknown
  readonly value: string
  /** JSON Pointer. */
  readonly at: string
}

/** The likeliest first: a text that is too long, a number out of bounds, a word that is none of the list, a property too many. */
export function* violationsOf(schema: JsonSchema, body: unknown, nonce: string): Generator<Violation> {
  const properties = Object.entries(schema.properties ?? {}).filter(([, each]) => each.readOnly !== true)
  const with_ = (what: string, name: string, value: unknown): Violation => {
    const at = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    return { what, body: withAt(body, at, value), value: String(value), at }
  }
  for (const [name, { maxLength, format, pattern, ...rest }] of properties)
    if (
      typeOf(rest) === 'string' &&
      maxLength !== undefined &&
      maxLength <= 10_000 &&
      !format &&
      !pattern &&
      !rest.enum
    )
      yield with_(`${name} longer than ${maxLength}`, name, nonce.padEnd(maxLength + 20, 'x'))
  for (const [name, each] of properties)
    if (['integer', 'number'].includes(typeOf(each))) {
      if (each.minimum !== undefined) yield with_(`${name} below ${each.minimum}`, name, each.minimum - 1_337)
      else if (each.maximum !== undefined) yield with_(`${name} above ${each.maximum}`, name, each.maximum + 1_337)
    }
  for (const [name, each] of properties)
    if (each.enum !== undefined && typeOf(each) === 'string') yield with_(`${name} is none of its words`, name, nonce)
  if (schema.additionalProperties === false) yield with_('a property too many', 'tpUnknown', nonce)
}
