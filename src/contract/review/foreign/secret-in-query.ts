import type { ForeignRule } from './document.ts'

export const secretInQuery: ForeignRule = {
  id: 'secret-in-query',
  risk: 'API2',
  asvs: '14.2.1',
  severity: 'error',
  title: 'No secret in a path or query',
  *check({ operations }) {
    for (const operation of operations) {
      for (const { name, in: place } of operation.parameters) {
        const isObject = !!operation.extension?.params[name]?.resource
        if (!isObject && SECRETS[place]?.test(name)) {
          yield {
            operation,
            message: `${place} ${name} ends up in logs, histories and Referer headers`,
            fix: `in: header, name: Authorization`,
          }
        }
      }
    }
  },
}

/** In a path `apiKey` is as a rule the id of one, and so is `tokenId`. */
const SECRETS: Readonly<Record<string, RegExp>> = {
  query: /password|secret|token|credential|^api[-_]?key$|^otp$/i,
  path: /(?:password|secret|token|^otp)$/i,
}
