import { leavesOf } from '../../access.ts'
import type { Rule } from '../finding.ts'

export const codeRule: Rule = {
  id: 'code-rule',
  risk: null,
  asvs: null,
  severity: 'info',
  title: 'Rules are data, which can be compared and attacked',
  *check(api) {
    for (const endpoint of api.endpoints) {
      for (const leaf of leavesOf(endpoint.access.data)) {
        if (leaf.kind === 'rule')
          yield {
            endpoint,
            message: `what rule "${leaf.name}" decides is code: it is enforced, but not compared or attacked`,
            fix: `access: role('${leaf.name.replaceAll(/\W+/g, '-')}')`,
          }
      }
    }
  },
}
