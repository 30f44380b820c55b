import type { ForeignRule } from './foreign-rule.ts'
import { isLooseObject } from './loose-object.ts'
import { replyPlaces, several } from './places-of.ts'

export const looseReply: ForeignRule = {
  id: 'loose-reply',
  risk: 'API3',
  asvs: '8.2.3',
  severity: 'info',
  title: 'A reply shows no field that is not declared',
  *check({ operations }) {
    for (const operation of operations) {
      const found = replyPlaces(operation).filter(({ node }) => isLooseObject(node))
      if (found.length > 0)
        yield {
          operation,
          message: `fields that nobody declared may show, and a new column leaks unseen, at ${several(found.map(({ place }) => place))}`,
          fix: 'additionalProperties: false',
        }
    }
  },
}
