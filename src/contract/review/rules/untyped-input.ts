import { inputsOf, isOfResource, placedNodes } from '../endpoint-schemas.ts'
import type { Rule } from '../finding.ts'

export const untypedInput: Rule = {
  id: 'untyped-input',
  risk: 'API3',
  asvs: '2.2.1',
  severity: 'error',
  title: 'Every input has a type',
  *check(api) {
    for (const endpoint of api.endpoints) {
      for (const { at, node } of placedNodes(inputsOf(endpoint))) {
        const said = node.type ?? node.$ref ?? node.anyOf ?? node.oneOf ?? node.allOf ?? node.enum ?? node.const
        if (said === undefined && !isOfResource(node))
          yield { endpoint, message: `${at} may be anything`, fix: 'z.string().max(200)' }
      }
    }
  },
}
