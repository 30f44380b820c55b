import { jsonSchemaOf, nodesOf } from '../../schema.ts'
import { unboundedness } from '../bounds.ts'
import type { Rule } from '../finding.ts'

export const unboundedResource: Rule = {
  id: 'unbounded-resource',
  risk: 'API4',
  asvs: null,
  severity: 'warning',
  title: 'Every field of a resource has an upper bound',
  *check(api) {
    for (const resource of api.resources) {
      for (const { node, at } of nodesOf(jsonSchemaOf(resource.schema, 'output'))) {
        const found = unboundedness(node)
        if (found)
          yield { subject: `resource "${resource.name}"`, message: `${at.slice(1)} is ${found.what}`, fix: found.fix }
      }
    }
  },
}
