import type { Rule } from '../finding.ts'

const PATH = /^(search|find|query|export|report|download)s?$/i
const MOST_A_MINUTE = 60

export const searchLimit: Rule = {
  id: 'search-limit',
  risk: 'API4',
  asvs: '2.4.1',
  severity: 'warning',
  title: 'Expensive endpoints have a limit of their own',
  *check(api) {
    for (const endpoint of api.endpoints) {
      const { rate } = endpoint.limit
      const expensive = endpoint.segments.some((segment) => 'literal' in segment && PATH.test(segment.literal))
      if (expensive && (rate.count / rate.windowSeconds) * 60 > MOST_A_MINUTE)
        yield {
          endpoint,
          message: `searching and exporting cost much, and ${rate.count} calls in ${rate.windowSeconds} s are allowed`,
          fix: `limit: '30/minute'`,
        }
    }
  },
}
