import { inputsOf, isOfResource, placedNodes } from '../endpoint-schemas.ts'
import type { Rule } from '../finding.ts'

export const looseInput: Rule = {
  id: 'loose-input',
  risk: 'API3',
  asvs: '15.3.3',
  severity: 'error',
  title: 'Input objects take no field that is not declared',
  *check(api) {
    for (const endpoint of api.endpoints) {
      for (const { at, node } of placedNodes(inputsOf(endpoint))) {
        if (isOfResource(node) || node.type !== 'object' || node.additionalProperties === false) continue
        // A record declares the type of its values.
        if (
          typeof node.additionalProperties === 'object' &&
          Object.keys(node.additionalProperties).length > 0 &&
          !node.properties
        )
          continue
        yield { endpoint, message: `${at} accepts fields that nobody declared`, fix: 'z.strictObject' }
      }
    }
  },
}
