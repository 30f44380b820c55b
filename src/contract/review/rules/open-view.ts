import { isPublic } from '../../access.ts'
import { resourcesIn } from '../../api.ts'
import { schemaOfReply } from '../../reply.ts'
import type { Rule } from '../finding.ts'

export const openView: Rule = {
  id: 'open-view',
  risk: 'API1',
  asvs: '8.2.2',
  severity: 'error',
  title: 'An open endpoint shows rows only of what everybody may read',
  *check(api) {
    for (const endpoint of api.endpoints) {
      if (!isPublic(endpoint.access.data) || (endpoint.each && isPublic(endpoint.each.data))) continue
      for (const resource of resourcesIn(schemaOfReply(endpoint.reply), 'output')) {
        if (!isPublic(resource.read.data))
          yield {
            endpoint,
            message: `anyone may call it, and it answers with rows of "${resource.name}", which not everybody may read`,
            fix: 'access: signedIn',
          }
      }
    }
  },
}
