import type { Rule } from '../finding.ts'

export const outboundPublic: Rule = {
  id: 'outbound-public',
  risk: 'API7',
  asvs: '13.2.4',
  severity: 'info',
  title: 'Calls to addresses that callers choose are known',
  *check(api) {
    for (const endpoint of api.endpoints) {
      if (endpoint.outbound === 'public')
        yield {
          endpoint,
          message:
            'it may call any public address; internal ones are refused, but it can be used to reach others in your name',
          fix: "outbound: ['https://partner.example.com']",
        }
    }
  },
}
