import type { Rule } from '../finding.ts'

export const summaryMissing: Rule = {
  id: 'summary-missing',
  risk: 'API9',
  asvs: null,
  severity: 'warning',
  title: 'The inventory says what each endpoint is for',
  *check(api) {
    for (const endpoint of api.endpoints) {
      if (typeof endpoint.summary !== 'string' || endpoint.summary.trim() === '')
        yield { endpoint, message: 'it has no summary', fix: `summary: 'What it does, in one line'` }
    }
  },
}
