import type { ForeignRule } from './foreign-rule.ts'
import { declares } from './places-of.ts'

export const missingErrors: ForeignRule = {
  id: 'missing-errors',
  risk: 'API8',
  asvs: '16.5.1',
  severity: 'info',
  title: 'An operation says how it refuses wrong input (400, 422) and how it fails (500)',
  *check({ operations }) {
    for (const operation of operations) {
      const takes = operation.parameters.length > 0 || operation.body !== null
      const absent = [
        ...(takes && !declares(operation, '400', '422') ? ['400'] : []),
        ...(declares(operation, '500') ? [] : ['500']),
      ]
      if (absent.length > 0)
        yield {
          operation,
          message: `it documents no ${absent.join(' and no ')}: what a framework sends then may tell its insides`,
          fix: absent.map((status) => `'${status}': { $ref: '#/components/responses/Problem' }`).join(', '),
        }
    }
  },
}
