import type { ForeignRule } from './foreign-rule.ts'
import { several } from './places-of.ts'

export const unreadablePart: ForeignRule = {
  id: 'unreadable-part',
  risk: null,
  asvs: null,
  severity: 'warning',
  title: 'Every part of the document can be read',
  *check({ faults }) {
    // Those of operations have a rule of their own.
    const found = faults.filter((fault) => !/^\/paths\/.*\/x-turnpike: /.test(fault))
    if (found.length > 0)
      yield {
        message: `it was read without what is wrong at ${several(found, 10)}`,
        fix: 'a document that its schema accepts; what stands in other files is bundled into one first',
      }
  },
}
