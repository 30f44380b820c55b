import type { ForeignRule } from './foreign-rule.ts'
import { several } from './places-of.ts'

export const plainServer: ForeignRule = {
  id: 'plain-server',
  risk: 'API8',
  asvs: '12.2.1',
  severity: 'error',
  title: 'Servers are reached by HTTPS',
  *check({ servers, operations }) {
    for (const url of servers) if (isPlain(url)) yield { message: messageOf([url]), fix: fixOf(url) }
    for (const operation of operations) {
      const found = operation.servers.filter(isPlain)
      if (found[0] !== undefined) yield { operation, message: messageOf(found), fix: fixOf(found[0]) }
    }
  },
}

const isPlain = (url: string): boolean => /^(?:http|ws|ftp):/i.test(url)
const messageOf = (urls: readonly string[]): string => `the server ${several(urls)} is not encrypted`
const fixOf = (url: string): string =>
  `servers: [{ url: ${url.replace(/^(?:http|ftp):/i, 'https:').replace(/^ws:/i, 'wss:')} }]`
