import type { ForeignRule } from './foreign-rule.ts'
import { schemesInUse } from './schemes-in-use.ts'

/** HTTP schemes that are broken or that nothing current speaks: NTLM and Kerberos by Negotiate, OAuth 1.0. */
const OUTDATED = new Set(['negotiate', 'ntlm', 'oauth', 'mutual', 'hoba', 'scram-sha-1'])

export const outdatedScheme: ForeignRule = {
  id: 'outdated-scheme',
  risk: 'API2',
  asvs: '11.1.1',
  severity: 'error',
  title: 'Credentials are presented in a way that is still held to be safe',
  *check(document) {
    for (const { name, scheme } of schemesInUse(document))
      if (scheme.scheme !== null && OUTDATED.has(scheme.scheme))
        yield {
          message: `the scheme ${name} uses ${scheme.scheme}, which is outdated`,
          fix: `${name}: { type: http, scheme: bearer }`,
        }
  },
}
