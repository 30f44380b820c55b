import type { ForeignRule } from './document.ts'

export const plainServer: ForeignRule = {
  id: 'plain-server',
  risk: 'API8',
  asvs: '12.2.1',
  severity: 'error',
  title: 'Servers are reached by HTTPS',
  *check({ servers }) {
    for (const url of servers)
      if (/^http:/i.test(url))
        yield {
          message: `the server ${url} is not encrypted`,
          fix: `servers: [{ url: ${url.replace(/^http:/i, 'https:')} }]`,
        }
  },
}
