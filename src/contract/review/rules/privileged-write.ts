import { resourcesIn } from '../../api.ts'
import type { Endpoint } from '../../endpoint.ts'
import { schemaOfReply } from '../../reply.ts'
import type { AnyResource } from '../../resource.ts'
import { needsAuthority } from '../covers.ts'
import { inputsOf, isOfResource, placedNodes } from '../endpoint-schemas.ts'
import type { Rule } from '../finding.ts'

const PRIVILEGED =
  /^(roles?|is_?admin|admin|permissions?|balance|price|verified|is_?verified|owner_?id|tenant_?id|created_?by)$/i

export const privilegedWrite: Rule = {
  id: 'privileged-write',
  risk: 'API3',
  asvs: '15.3.3',
  severity: 'error',
  title: 'Owner, tenant, roles, prices and balances have a write rule where a body takes them',
  *check(api) {
    for (const endpoint of api.endpoints) {
      if (needsAuthority(endpoint.access.data)) continue
      const resources = resourcesOf(endpoint)
      for (const { at, place, name, node } of placedNodes(inputsOf(endpoint))) {
        if (place !== 'body' || at.endsWith('/*') || isOfResource(node)) continue
        const key = resources.some(({ owner, tenant }) => name === owner || name === tenant)
        if (!(key || PRIVILEGED.test(name)) || resources.some(({ fields }) => fields[name]?.write !== undefined))
          continue
        const [resource] = resources
        yield {
          endpoint,
          message: `${at} lets every caller set "${name}"`,
          fix: resource ? `${name}: { write: role('admin') }` : `(without ${name})`,
        }
      }
    }
  },
}

/** The resources that the endpoint's body may be about. */
const resourcesOf = (endpoint: Endpoint): readonly AnyResource[] => [
  ...endpoint.params.flatMap(({ resource }) => (resource ? [resource] : [])),
  ...resourcesIn(schemaOfReply(endpoint.reply), 'output'),
]
