import type { ForeignRule } from './foreign-rule.ts'
import { schemesInUse } from './schemes-in-use.ts'

const PROFILE = /rfc\s*-?(?:8725|9068)/i

export const tokenProfile: ForeignRule = {
  id: 'token-profile',
  risk: 'API2',
  asvs: '9.1.2',
  severity: 'info',
  title: 'Where tokens are JWTs, the document says by which rules they are checked (RFC 8725, RFC 9068)',
  *check(document) {
    for (const { name, scheme } of schemesInUse(document))
      if (/^jwt$/i.test(scheme.bearerFormat ?? '') && !PROFILE.test(scheme.description))
        yield {
          message: `the scheme ${name} takes JWTs and does not say how signature, type, issuer and audience are checked`,
          fix: 'description: Access tokens by RFC 9068, checked as RFC 8725 asks.',
        }
  },
}
