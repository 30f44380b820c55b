import type { Rule } from '../finding.ts'

export const deprecationLink: Rule = {
  id: 'deprecation-link',
  risk: 'API9',
  asvs: null,
  severity: 'info',
  title: 'What is deprecated says until when, and where to read more',
  *check(api) {
    for (const endpoint of api.endpoints) {
      const { deprecated, sunset, link } = endpoint.lifecycle
      if (deprecated && sunset === undefined)
        yield {
          endpoint,
          severity: 'warning',
          message: 'it is deprecated without an end',
          fix: `sunset: new Date('2030-01-01')`,
        }
      if (deprecated && link === undefined)
        yield {
          endpoint,
          message: 'it is deprecated, and clients are not told what to use',
          fix: `link: 'https://example.com/migration'`,
        }
    }
  },
}
