import { jsonSchemaOf } from '../../schema.ts'
import type { Rule } from '../finding.ts'

export const nestedPath: Rule = {
  id: 'nested-path',
  risk: 'API1',
  asvs: '8.2.2',
  severity: 'error',
  title: 'A child in a path is checked against the parent before it',
  *check(api) {
    for (const endpoint of api.endpoints) {
      for (const [index, { name, resource, within }] of endpoint.params.entries()) {
        if (resource === null || within !== null) continue
        const fields = Object.keys(jsonSchemaOf(resource.schema, 'output').properties ?? {})
        const parent = endpoint.params.slice(0, index).findLast(({ resource: above }) => {
          if (above === null || above.uid === resource.uid) return false
          return Object.hasOwn(resource.parents, above.name) || fields.includes(`${above.name}Id`)
        })
        if (!parent) continue
        yield {
          endpoint,
          message: `":${name}" is not tied to ":${parent.name}": a child under the wrong parent would be found`,
          fix: `${name}: ${resource.name}s.within('${parent.name}')`,
        }
      }
    }
  },
}
