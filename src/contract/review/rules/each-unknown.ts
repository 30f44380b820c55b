import { leavesOf } from '../../access.ts'
import { resourcesIn } from '../../api.ts'
import { schemaOfReply } from '../../reply.ts'
import type { Rule } from '../finding.ts'

export const eachUnknown: Rule = {
  id: 'each-unknown',
  risk: 'API1',
  asvs: '8.2.2',
  severity: 'error',
  title: '`each` names a resource whose rows the reply holds',
  *check(api) {
    for (const endpoint of api.endpoints) {
      if (endpoint.each === null) continue
      const names = resourcesIn(schemaOfReply(endpoint.reply), 'output').map(({ name }) => name)
      for (const leaf of leavesOf(endpoint.each.data)) {
        if (leaf.kind !== 'owns' && leaf.kind !== 'related' && leaf.kind !== 'reads') continue
        if (!names.includes(leaf.object))
          yield {
            endpoint,
            message: `each names "${leaf.object}", but the reply holds rows of ${names.join(', ') || 'no resource'}; it would refuse every row`,
            fix: `each: owns('${names[0] ?? '<resource>'}')`,
          }
      }
    }
  },
}
