import type { ForeignRule } from './foreign-rule.ts'
import { schemesInUse } from './schemes-in-use.ts'

export const plainPassword: ForeignRule = {
  id: 'plain-password',
  risk: 'API2',
  asvs: '6.2.1',
  severity: 'warning',
  title: 'The password is not sent with every request',
  *check(document) {
    for (const { name, scheme } of schemesInUse(document))
      if (scheme.type === 'http' && (scheme.scheme === 'basic' || scheme.scheme === 'digest'))
        yield {
          message: `the scheme ${name} (${scheme.scheme}) sends the password, or what is as good as it, with every request; it cannot expire`,
          fix: `${name}: { type: http, scheme: bearer }`,
        }
  },
}
