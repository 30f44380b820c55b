import { jsonSchemaOf } from '../../schema.ts'
import type { Rule } from '../finding.ts'

export const sequentialId: Rule = {
  id: 'sequential-id',
  risk: 'API1',
  asvs: '11.5.1',
  severity: 'info',
  title: 'Ids cannot be counted up',
  *check(api) {
    for (const resource of api.resources) {
      if (jsonSchemaOf(resource.schema, 'output').properties?.[resource.id]?.type !== 'integer') continue
      yield {
        subject: `resource "${resource.name}"`,
        message: `its id "${resource.id}" is a number that can be counted up; it tells how many there are and where to try next`,
        fix: `${resource.id}: z.uuid()`,
      }
    }
  },
}
