import type { Rule } from '../finding.ts'

export const sunsetPassed: Rule = {
  id: 'sunset-passed',
  risk: 'API9',
  asvs: null,
  severity: 'warning',
  title: 'What is past its sunset is gone from the contract',
  *check(api, { runtime }) {
    if (!runtime) return
    for (const endpoint of api.endpoints) {
      const { sunset } = endpoint.lifecycle
      if (sunset && sunset <= runtime.now)
        yield {
          endpoint,
          message: `it ended on ${sunset.toISOString().slice(0, 10)} and answers 410; its code is still here`,
          fix: `(without ${endpoint.id})`,
        }
    }
  },
}
