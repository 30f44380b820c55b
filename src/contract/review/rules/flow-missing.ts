import { isPublic } from '../../access.ts'
import type { Endpoint } from '../../endpoint.ts'
import type { Rule } from '../finding.ts'

const PATH =
  /^(pay|payments?|transfers?|orders?|purchases?|checkout|refunds?|redeem|vote|book|bookings?|withdraw(als?)?|invite|invitations?)$/i

export const flowMissing: Rule = {
  id: 'flow-missing',
  risk: 'API6',
  asvs: '2.3.2',
  severity: 'warning',
  title: 'Sensitive business flows are marked as such',
  *check(api) {
    for (const endpoint of api.endpoints) {
      if (endpoint.flow === null && isSensitive(endpoint))
        yield {
          endpoint,
          message: 'it looks like a sensitive flow, and nothing says how often, in what order, or after what proof',
          fix: `flow: { perPrincipal: '10/day' }`,
        }
    }
  },
}

const isSensitive = (endpoint: Endpoint): boolean => {
  const last = endpoint.segments.findLast((segment) => 'literal' in segment)
  return (
    endpoint.method === 'POST' &&
    !isPublic(endpoint.access.data) &&
    last !== undefined &&
    'literal' in last &&
    PATH.test(last.literal)
  )
}
