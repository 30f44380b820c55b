import { isPublic } from '../../access.ts'
import { needsAuthority } from '../covers.ts'
import { jsonOf } from '../endpoint-schemas.ts'
import type { Rule } from '../finding.ts'

export const plainIdParam: Rule = {
  id: 'plain-id-param',
  risk: 'API1',
  asvs: '8.2.2',
  severity: 'error',
  title: 'An id in the path names a resource, so that it is loaded and authorized',
  *check(api) {
    for (const endpoint of api.endpoints) {
      if (isPublic(endpoint.access.data) || needsAuthority(endpoint.access.data)) continue
      for (const { name, schema } of endpoint.params) {
        if (schema === null) continue
        const json = jsonOf({ place: `params.${name}`, schema })
        if (!(/^id$|I[dD]$/.test(name) || json?.format === 'uuid')) continue
        const known = api.resources.find((each) => name.toLowerCase().startsWith(each.name.toLowerCase()))
        yield {
          endpoint,
          message: `":${name}" looks like an id, but no resource is loaded and authorized for it`,
          fix: `params: { ${name}: ${known ? `${known.name}s` : '<the resource>'} }, access: owns('${name}')`,
        }
      }
    }
  },
}
