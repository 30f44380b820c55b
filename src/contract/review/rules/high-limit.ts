import type { Rule } from '../finding.ts'

const MOST_A_MINUTE = 6000

export const highLimit: Rule = {
  id: 'high-limit',
  risk: 'API4',
  asvs: '2.4.1',
  severity: 'warning',
  title: 'A limit is low enough to limit something',
  *check(api) {
    for (const endpoint of api.endpoints) {
      const perMinute = (endpoint.limit.rate.count / endpoint.limit.rate.windowSeconds) * 60
      if (perMinute > MOST_A_MINUTE)
        yield {
          endpoint,
          message: `${Math.round(perMinute)} calls a minute are more than anybody needs`,
          fix: `limit: '600/minute'`,
        }
    }
  },
}
