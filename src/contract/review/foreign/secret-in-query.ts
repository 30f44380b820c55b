import type { ForeignRule } from './foreign-rule.ts'
import { several } from './places-of.ts'

export const secretInQuery: ForeignRule = {
  id: 'secret-in-query',
  risk: 'API2',
  asvs: '14.2.1',
  severity: 'error',
  title: 'No secret in a path or query',
  *check({ operations }) {
    for (const operation of operations) {
      const found = operation.parameters
        .filter(({ name, in: place }) => !operation.extension?.params[name]?.resource && SECRETS[place]?.test(name))
        .filter(({ name }) => !PAGING.test(name))
        .map((parameter) => `${parameter.in} ${parameter.name}`)
      if (found.length > 0)
        yield {
          operation,
          message: `logs, histories and Referer headers keep ${several(found)}`,
          fix: `in: header, name: Authorization`,
        }
    }
  },
}

/** In a path `apiKey` is as a rule the id of one, and so is `tokenId`. */
const SECRETS: Readonly<Record<string, RegExp>> = {
  query: /password|secret|token|credential|^api[-_]?key$|^otp$|^jwt$|^session[-_]?id$/i,
  path: /(?:password|secret|token|^otp)$/i,
}
/** Pages are continued by a token too. */
const PAGING = /page|next|continuation|cursor|sync/i
