import type { ForeignRule } from './foreign-rule.ts'
import { isLooseObject } from './loose-object.ts'
import { inputPlaces, several } from './places-of.ts'

export const looseBody: ForeignRule = {
  id: 'loose-body',
  risk: 'API3',
  asvs: '15.3.3',
  severity: 'warning',
  title: 'A body takes no field that is not declared',
  *check({ operations }) {
    for (const operation of operations) {
      const found = inputPlaces(operation).filter((each) => each.in === 'body' && isLooseObject(each.node))
      if (found.length > 0)
        yield {
          operation,
          message: `fields that nobody declared are taken at ${several(found.map(({ place }) => place))}`,
          fix: 'additionalProperties: false',
        }
    }
  },
}
