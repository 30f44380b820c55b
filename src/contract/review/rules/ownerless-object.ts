import { leavesOf } from '../../access.ts'
import type { Rule } from '../finding.ts'

export const ownerlessObject: Rule = {
  id: 'ownerless-object',
  risk: 'API1',
  asvs: '8.2.2',
  severity: 'error',
  title: '`owns` is asked of objects that have an owner',
  *check(api) {
    for (const endpoint of api.endpoints) {
      for (const leaf of leavesOf(endpoint.access.data)) {
        if (leaf.kind !== 'owns') continue
        const resource = endpoint.params.find(({ name }) => name === leaf.object)?.resource
        if (resource && resource.owner === null)
          yield {
            endpoint,
            message: `owns('${leaf.object}') denies everyone: resource "${resource.name}" has no owner`,
            fix: `access: reads('${leaf.object}')`,
          }
      }
    }
  },
}
