import { isPublic } from '../../access.ts'
import type { Rule } from '../finding.ts'

const MOST_A_MINUTE = 30

export const openWrite: Rule = {
  id: 'open-write',
  risk: 'API4',
  asvs: '2.4.1',
  severity: 'error',
  title: 'An open endpoint that changes something has a strict limit by address',
  *check(api) {
    for (const endpoint of api.endpoints) {
      const { access, method, limit, body } = endpoint
      if (method === 'GET' || !isPublic(access.data)) continue
      // The sender of a webhook proves itself by its signature.
      if (body !== null && 'kind' in body && body.kind === 'signed') continue
      const perMinute = (limit.rate.count / limit.rate.windowSeconds) * 60
      if (perMinute > MOST_A_MINUTE)
        yield {
          endpoint,
          message: `anyone may call it ${perMinute} times a minute from one address`,
          fix: `limit: '10/minute'`,
        }
    }
  },
}
