import { leavesOf } from '../../access.ts'
import type { Rule } from '../finding.ts'

export const fieldRule: Rule = {
  id: 'field-rule',
  risk: 'API3',
  asvs: '8.2.3',
  severity: 'error',
  title: 'The rule of a field can be decided from the row and the caller alone',
  *check(api) {
    for (const resource of api.resources) {
      for (const [field, { read, write }] of Object.entries(resource.fields)) {
        for (const [kind, rule] of Object.entries({ read, write })) {
          for (const leaf of rule ? leavesOf(rule.data) : []) {
            const other = leaf.kind === 'owns' && leaf.object !== resource.name
            if (leaf.kind !== 'related' && leaf.kind !== 'rule' && leaf.kind !== 'reads' && !other) continue
            const why = other ? `names "${leaf.object}"` : `uses ${leaf.kind}(), which would have to ask for each row`
            yield {
              subject: `resource "${resource.name}"`,
              message: `the ${kind} rule of "${field}" ${why}; it would deny everyone`,
              fix: `${kind}: any(owns('${resource.name}'), role('admin'))`,
            }
          }
        }
      }
    }
  },
}
