import { type AccessData, describeAccess, leavesOf } from '../../access.ts'
import type { Endpoint } from '../../endpoint.ts'
import type { Rule } from '../finding.ts'
import { writeRule } from '../write-rule.ts'

export const weakerVersion: Rule = {
  id: 'weaker-version',
  risk: 'API9',
  asvs: '8.2.1',
  severity: 'error',
  title: 'An older version lets nobody in whom the newer keeps out',
  *check(api) {
    for (const older of api.endpoints) {
      const newer = api.endpoints.find(
        (other) => shape(other) === shape(older) && (versionOf(other) ?? 0) > (versionOf(older) ?? 0),
      )
      if (versionOf(older) === null || !newer || !isWeaker(older.access.data, newer.access.data)) continue
      yield {
        endpoint: older,
        message: `it lets in ${describeAccess(older.access.data)}, while ${newer.id} asks for ${describeAccess(newer.access.data)}`,
        fix: `access: ${writeRule(newer.access.data)}`,
      }
    }
  },
}

function versionOf(endpoint: Endpoint): number | null {
  const found = endpoint.segments.flatMap((segment) =>
    'literal' in segment ? (/^v(\d{1,4})$/.exec(segment.literal)?.[1] ?? []) : [],
  )
  return found[0] === undefined ? null : Number(found[0])
}
const shape = (endpoint: Endpoint): string => `${endpoint.method} ${endpoint.path.replace(/\/v\d{1,4}(?=\/|$)/, '/v')}`

/** Whether some caller passes the first rule and not the second, tried over every combination of what the rules ask. */
function isWeaker(first: AccessData, second: AccessData): boolean {
  const facts = [...new Set([...leavesOf(first), ...leavesOf(second)].map(factOf))]
  // Each doubles the work; so many different questions in two rules are compared by their text.
  if (facts.length > 12) return writeRule(first) !== writeRule(second)
  for (let bits = 0; bits < 2 ** facts.length; bits++) {
    const held = new Set(facts.filter((_, index) => (bits >> index) % 2 === 1))
    // Whoever holds anything is signed in.
    if (held.size > 0) held.add('signedIn')
    if (passes(first, held) && !passes(second, held)) return true
  }
  return false
}

const factOf = (leaf: AccessData): string =>
  leaf.kind === 'anyone' || leaf.kind === 'signedIn' ? leaf.kind : writeRule(leaf)

function passes(rule: AccessData, held: ReadonlySet<string>): boolean {
  if (rule.kind === 'any') return rule.of.some((each) => passes(each, held))
  if (rule.kind === 'all') return rule.of.length > 0 && rule.of.every((each) => passes(each, held))
  return rule.kind === 'anyone' || held.has(factOf(rule))
}
