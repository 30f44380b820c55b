import type { ForeignRule } from './foreign-rule.ts'
import { schemesInUse } from './schemes-in-use.ts'

export const keyInUrl: ForeignRule = {
  id: 'key-in-url',
  risk: 'API2',
  asvs: '14.2.1',
  severity: 'error',
  title: 'An API key does not travel in the URL',
  *check(document) {
    for (const { name, scheme } of schemesInUse(document))
      if (scheme.type === 'apiKey' && scheme.in === 'query')
        yield {
          message: `the scheme ${name} takes the key from the query (${scheme.name}): it ends up in logs, histories and Referer headers`,
          fix: `${name}: { type: apiKey, in: header, name: X-API-Key }`,
        }
  },
}
