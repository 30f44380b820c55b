import type { ForeignRule } from './foreign-rule.ts'
import { schemesInUse } from './schemes-in-use.ts'

export const tokenLifetime: ForeignRule = {
  id: 'token-lifetime',
  risk: 'API2',
  asvs: '7.3.2',
  severity: 'info',
  title: 'Access tokens are short-lived, and renewed',
  *check(document) {
    // A client asks for a new token with its own credential.
    for (const { name, scheme } of schemesInUse(document))
      for (const [flow, { refreshUrl }] of Object.entries(scheme.flows))
        if (flow !== 'clientCredentials' && refreshUrl === null)
          yield {
            message: `the flow "${flow}" of the scheme ${name} names no refreshUrl: tokens that cannot be renewed tend to live long`,
            fix: 'refreshUrl: https://…/token',
          }
  },
}
