import { jsonSchemaOf } from '../../schema.ts'
import type { Rule } from '../finding.ts'

export const nullableOwner: Rule = {
  id: 'nullable-owner',
  risk: 'API1',
  asvs: '8.2.2',
  severity: 'warning',
  title: 'Every row has an owner and a tenant',
  *check(api) {
    for (const resource of api.resources) {
      const schema = jsonSchemaOf(resource.schema, 'output')
      for (const field of [resource.owner, resource.tenant]) {
        if (field === null) continue
        const node = schema.properties?.[field]
        const nullable =
          node?.type === 'null' ||
          (Array.isArray(node?.type) && node.type.includes('null')) ||
          (node?.anyOf ?? node?.oneOf ?? []).some(({ type }) => type === 'null')
        if (nullable || !schema.required?.includes(field)) {
          yield {
            subject: `resource "${resource.name}"`,
            message: `"${field}" may be null; such a row is nobody's and no owner reaches it`,
            fix: `${field}: z.uuid()`,
          }
        }
      }
    }
  },
}
