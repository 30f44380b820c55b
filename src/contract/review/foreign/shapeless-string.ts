import type { JsonSchema } from '../../schema.ts'
import type { ForeignRule } from './foreign-rule.ts'
import { inputPlaces, several } from './places-of.ts'
import { wordsOf } from './words-of.ts'

/** Values that have a form, by the last word of their name. */
const FORMED = new Set(
  'id ids uuid guid email mail date time datetime timestamp at url uri link phone mobile fax country currency locale language lang timezone ip ipv4 ipv6 host hostname domain zip postcode iban bic isbn color colour code sort order field fields expand mime version slug sku vat cron base64 cursor'.split(
    ' ',
  ),
)

export const shapelessString: ForeignRule = {
  id: 'shapeless-string',
  risk: 'API8',
  asvs: '2.2.1',
  severity: 'info',
  title: 'A text that has a form says which: a format, a pattern or the values themselves',
  *check({ operations }) {
    for (const operation of operations) {
      const found = inputPlaces(operation).filter(
        ({ name, node }) => name !== null && isFree(node) && FORMED.has(wordsOf(name).at(-1) ?? ''),
      )
      if (found.length > 0)
        yield {
          operation,
          message: `any text will do, though the name promises a form: ${several(found.map(({ place }) => place))}`,
          fix: `${formOf(found[0]?.name ?? '')}, a pattern, or enum: [ … ]`,
        }
    }
  },
}

const isFree = ({ type, format, pattern, enum: values, const: value }: JsonSchema): boolean =>
  [type].flat().includes('string') &&
  format === undefined &&
  pattern === undefined &&
  values === undefined &&
  value === undefined

const FORMATS = [
  [/mail$/i, 'email'],
  [/(?:url|uri|link)$/i, 'uri'],
  [/date$/i, 'date'],
  [/(?:time|timestamp|at)$/i, 'date-time'],
] as const
const formOf = (name: string): string => `format: ${FORMATS.find(([pattern]) => pattern.test(name))?.[1] ?? 'uuid'}`
