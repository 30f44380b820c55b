import type { Rule } from '../finding.ts'

export const rowSecurity: Rule = {
  id: 'row-security',
  risk: 'API1',
  asvs: '8.2.2',
  severity: 'warning',
  title: 'The database enforces ownership as well',
  *check(api, { layers }) {
    if (!layers || layers.rowSecurity || api.resources.length === 0) return
    yield {
      subject: 'the layers',
      message:
        'object checks and reply checks stand alone: without row-level security a query in a handler sees every row',
      fix: 'rowSecurity: true',
    }
  },
}
