import type { Attack } from '../../attack.ts'
import type { OpenBait } from './held.ts'
import { type Inside, reaching, reachRequests, type Spelling } from './reach.ts'
import { urlCases } from './url-inputs.ts'

export const confusedUrl: Attack = {
  id: 'confused-url',
  number: 96,
  risk: 'API7',
  severity: 'high',
  cwe: 918,
  title: 'A URL that is checked as one host is called at another',
  references: ['OWASP API7:2023', 'RFC 3986 section 7.6', 'ASVS 5.0 1.3.6'],
  maxRequests: reachRequests(8),
  oracle:
    'A listener of ours at an inside address is called by a URL that names an allowed host too: as user information, after # or behind a backslash.',
  fix: 'Parse with the parser that connects; refuse user information, fragments, backslashes, white space and anything but scheme://host/path.',
  phase: 'normal',
  cases: (plan) => urlCases(plan, 4),
  run: reaching((inside, open) => confusions(inside, allowedHost(open))),
}

function confusions(inside: Inside, allowed: string): readonly Spelling[] {
  const { scheme, port } = inside
  const host = `${inside.host}:${port}`
  return [
    { value: `${scheme}://${allowed}@${host}${inside.path()}`, how: 'user information' },
    { value: `${scheme}://${host}${inside.path()}#@${allowed}/`, how: 'behind #' },
    { value: `${scheme}://${host}#${allowed}/`, how: '# after the port' },
    { value: `${scheme}://${host}\\@${allowed}${inside.path()}`, how: 'backslash before @' },
    { value: `${scheme}://${allowed}\\@${host}${inside.path()}`, how: 'backslash after the allowed host' },
    { value: `${scheme}://${host}${inside.path()}?${allowed}/`, how: 'in the query' },
    { value: `${scheme}:${host}${inside.path()}`, how: 'without slashes' },
    { value: ` ${scheme}://${host}${inside.path()}`, how: 'blank in front' },
  ]
}

/** A host that the API calls by intention: as its contract or example says, or one that leads nowhere. */
function allowedHost({ bait }: OpenBait): string {
  const { outbound } = bait.operation.extension ?? {}
  const origin = Array.isArray(outbound) ? String(outbound[0]) : bait.input.example
  return origin !== null && URL.canParse(origin) ? new URL(origin).host : 'allowed.invalid'
}
