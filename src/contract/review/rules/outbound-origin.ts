import type { Rule } from '../finding.ts'

export const outboundOrigin: Rule = {
  id: 'outbound-origin',
  risk: 'API7',
  asvs: '12.3.1',
  severity: 'error',
  title: 'Outbound origins are exact and use TLS',
  *check(api) {
    for (const endpoint of api.endpoints) {
      if (endpoint.outbound === null || endpoint.outbound === 'public') continue
      for (const origin of endpoint.outbound) {
        const url = URL.canParse(origin) ? new URL(origin) : null
        if (url?.protocol === 'https:' && url.origin === origin) continue
        const reason = url?.protocol === 'http:' ? 'is not encrypted' : 'is no exact origin'
        yield { endpoint, message: `"${origin}" ${reason}`, fix: `'https://${url?.host || 'partner.example.com'}'` }
      }
    }
  },
}
