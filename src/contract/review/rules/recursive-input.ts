import { inputsOf, placedNodes } from '../endpoint-schemas.ts'
import type { Rule } from '../finding.ts'

export const recursiveInput: Rule = {
  id: 'recursive-input',
  risk: 'API4',
  asvs: '2.2.1',
  severity: 'warning',
  title: 'No input nests without end',
  *check(api) {
    for (const endpoint of api.endpoints) {
      const places = new Set(
        [...placedNodes(inputsOf(endpoint))].filter(({ node }) => node.$ref !== undefined).map(({ at }) => at),
      )
      for (const at of places)
        yield {
          endpoint,
          message: `${at} holds itself; only the limit on JSON depth ends it`,
          fix: 'z.array(z.string().max(100)).max(20)',
        }
    }
  },
}
