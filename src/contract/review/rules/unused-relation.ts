import { leavesOf } from '../../access.ts'
import type { Rule } from '../finding.ts'

export const unusedRelation: Rule = {
  id: 'unused-relation',
  risk: null,
  asvs: null,
  severity: 'info',
  title: 'A declared relation is used by a rule',
  *check(api) {
    const rules = [
      ...api.endpoints.flatMap(({ access, each }) => [access, ...(each ? [each] : [])]),
      ...api.resources.flatMap(({ read, refer }) => [read, refer]),
    ]
    const used = new Set(
      rules.flatMap(({ data }) => leavesOf(data)).flatMap((leaf) => (leaf.kind === 'related' ? [leaf.relation] : [])),
    )
    for (const resource of api.resources) {
      for (const relation of Object.keys(resource.relations)) {
        if (!used.has(relation))
          yield {
            subject: `resource "${resource.name}"`,
            message: `no rule uses its relation "${relation}"`,
            fix: `read: any(owns('${resource.name}'), related('${relation}', '${resource.name}'))`,
          }
      }
    }
  },
}
