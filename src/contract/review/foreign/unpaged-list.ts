import type { JsonSchema } from '../../schema.ts'
import type { ForeignRule } from './foreign-rule.ts'
import { replyPlaces, successes } from './places-of.ts'
import { wordsOf } from './words-of.ts'

const PAGING = new Set(
  'limit page per offset cursor after before first last size count skip top take start next token max range'.split(' '),
)

export const unpagedList: ForeignRule = {
  id: 'unpaged-list',
  risk: 'API4',
  asvs: null,
  severity: 'warning',
  title: 'A list of objects comes in pages, or says how long it may be',
  *check({ operations }) {
    for (const operation of operations) {
      if (operation.method !== 'GET' || operation.parameters.some(isPaging)) continue
      if (successes(operation).some(({ headers }) => headers.includes('link'))) continue
      // What stands inside one object is bound by it.
      const ofOne = operation.path.endsWith('}')
      const list = replyPlaces(operation).find(
        ({ at, node }) => (at === '' || (!ofOne && /^\/[^/]+$/.test(at))) && isLong(node),
      )
      if (list)
        yield {
          operation,
          message: `${list.place} is a list of any length, and the caller cannot ask for less`,
          fix: 'parameters: [{ name: limit, in: query, schema: { type: integer, minimum: 1, maximum: 100 } }], maxItems: 100',
        }
    }
  },
}

const isPaging = ({ name, in: place }: { name: string; in: string }): boolean =>
  (place === 'query' || place === 'header') && wordsOf(name).some((word) => PAGING.has(word))

const isLong = ({ items, maxItems }: JsonSchema): boolean =>
  maxItems === undefined &&
  items !== undefined &&
  items.enum === undefined &&
  (items.properties !== undefined || [items.type].flat().includes('object'))
