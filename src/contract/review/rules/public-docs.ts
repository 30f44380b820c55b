import type { Rule } from '../finding.ts'

export const publicDocs: Rule = {
  id: 'public-docs',
  risk: 'API9',
  asvs: '13.4.5',
  severity: 'info',
  title: 'Documentation is shown to those who need it',
  *check(api) {
    if (api.publicDocs)
      yield { subject: 'the API', message: '/openapi.json and /docs answer to everyone', fix: 'publicDocs: false' }
  },
}
