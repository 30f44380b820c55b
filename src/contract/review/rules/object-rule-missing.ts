import { isPublic } from '../../access.ts'
import type { Endpoint } from '../../endpoint.ts'
import { holdsObject } from '../covers.ts'
import type { Rule } from '../finding.ts'

export const objectRuleMissing: Rule = {
  id: 'object-rule-missing',
  risk: 'API1',
  asvs: '8.2.2',
  severity: 'error',
  title: 'Every way into an endpoint checks the objects of its path, or a role over all of them',
  *check(api) {
    for (const endpoint of api.endpoints) {
      for (const { name, resource } of endpoint.params) {
        if (resource === null || isHeld(endpoint, name)) continue
        // What everybody may read needs no owner to be read.
        if (endpoint.method === 'GET' && isPublic(resource.read.data)) continue
        yield {
          endpoint,
          message: `the client chooses ":${name}", and the access rule lets callers in who have nothing to do with that ${resource.name}`,
          fix: `access: ${resource.owner === null ? `reads('${name}')` : `owns('${name}')`}`,
        }
      }
    }
  },
}

/** A parent is held when its child is: the child must belong to it. */
function isHeld(endpoint: Endpoint, name: string): boolean {
  if (holdsObject(endpoint.access.data, name)) return true
  return endpoint.params.some((param) => param.within === name && isHeld(endpoint, param.name))
}
