import { unboundedness } from '../bounds.ts'
import { inputsOf, isOfResource, placedNodes } from '../endpoint-schemas.ts'
import type { Rule } from '../finding.ts'

export const unboundedInput: Rule = {
  id: 'unbounded-input',
  risk: 'API4',
  asvs: '2.2.1',
  severity: 'error',
  title: 'Every string, list, record and number of an input has an upper bound',
  *check(api) {
    for (const endpoint of api.endpoints) {
      for (const { at, node } of placedNodes(inputsOf(endpoint))) {
        const found = isOfResource(node) ? null : unboundedness(node)
        if (found) yield { endpoint, message: `${at} is ${found.what}`, fix: found.fix }
      }
    }
  },
}
