import type { Rule } from '../finding.ts'

export const longTimeout: Rule = {
  id: 'long-timeout',
  risk: 'API4',
  asvs: null,
  severity: 'warning',
  title: 'No handler runs longer than a minute',
  *check(api) {
    for (const endpoint of api.endpoints) {
      const seconds = endpoint.limit.timeoutMilliseconds / 1000
      if (seconds > 60) yield { endpoint, message: `a call may hold its place for ${seconds} s`, fix: `timeout: '60s'` }
    }
  },
}
