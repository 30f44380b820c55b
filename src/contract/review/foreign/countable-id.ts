import type { ForeignRule } from './foreign-rule.ts'
import { several } from './places-of.ts'

export const countableId: ForeignRule = {
  id: 'countable-id',
  risk: 'API1',
  asvs: '11.5.1',
  severity: 'info',
  title: 'Ids cannot be counted up',
  *check({ operations }) {
    for (const operation of operations) {
      const found = operation.parameters
        .filter(({ name, schema }) => /(?:^|_|-)id$|I[dD]$/.test(name) && [schema.type].flat().includes('integer'))
        .map((parameter) => `${parameter.in} ${parameter.name}`)
      if (found.length > 0)
        yield {
          operation,
          message: `a stranger counts up ${several(found)}`,
          fix: 'schema: { type: string, format: uuid }',
        }
    }
  },
}
