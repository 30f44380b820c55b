import { jsonOf } from '../endpoint-schemas.ts'
import type { Rule } from '../finding.ts'

export const queryShape: Rule = {
  id: 'query-shape',
  risk: 'API3',
  asvs: '2.2.1',
  severity: 'error',
  title: 'A query is a flat object of values and lists of values',
  *check(api) {
    for (const endpoint of api.endpoints) {
      if (endpoint.query === null) continue
      const json = jsonOf({ place: 'query', schema: endpoint.query })
      if (json === null) continue
      if (json.type !== 'object')
        yield { endpoint, message: 'its query is no object', fix: 'z.strictObject({ search: z.string().max(100) })' }
      for (const [name, node] of Object.entries(json.properties ?? {})) {
        if (node.type === 'object' || node.items?.type === 'object' || node.items?.type === 'array') {
          yield {
            endpoint,
            message: `query/${name} is an object or a list of lists; a query string has no canonical spelling for it`,
            fix: `${name}: z.string().max(100)`,
          }
        }
      }
    }
  },
}
