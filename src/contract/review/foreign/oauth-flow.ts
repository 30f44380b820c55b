import type { ForeignRule } from './foreign-rule.ts'
import { schemesInUse } from './schemes-in-use.ts'

const WHY: Readonly<Record<string, string>> = {
  implicit: 'hands the token out in a URL',
  password: 'has the client ask for the password',
}

export const oauthFlow: ForeignRule = {
  id: 'oauth-flow',
  risk: 'API2',
  asvs: '10.4.4',
  severity: 'error',
  title: 'OAuth hands out no token in a URL and asks for no password (RFC 9700)',
  *check(document) {
    for (const { name, scheme } of schemesInUse(document))
      for (const flow of Object.keys(scheme.flows))
        if (Object.hasOwn(WHY, flow))
          yield {
            message: `the scheme ${name} offers the flow "${flow}", which ${WHY[flow]}`,
            fix: 'flows: { authorizationCode: { authorizationUrl: …, tokenUrl: …, refreshUrl: …, scopes: { … } } }',
          }
  },
}
