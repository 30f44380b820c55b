import type { ForeignRule } from './foreign-rule.ts'
import { declares } from './places-of.ts'

export const missingRefusals: ForeignRule = {
  id: 'missing-refusals',
  risk: 'API4',
  asvs: null,
  severity: 'warning',
  title: 'An operation says that it refuses strangers (401) and floods (429)',
  *check({ operations }) {
    for (const operation of operations) {
      // Its x-turnpike says who may and how often.
      if (operation.extension !== null) continue
      const wanted = [...(operation.security === null ? [] : ['401']), '429']
      const absent = wanted.filter((status) => !declares(operation, status))
      if (absent.length > 0)
        yield {
          operation,
          message: `it documents no ${absent.join(' and no ')}`,
          fix: absent.map((status) => `'${status}': { description: … }`).join(', '),
        }
    }
  },
}
