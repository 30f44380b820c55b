import { type AccessData, leavesOf } from '../../access.ts'
import type { Rule } from '../finding.ts'
import { writeRule } from '../write-rule.ts'

export const mootObjectRule: Rule = {
  id: 'moot-object-rule',
  risk: 'API1',
  asvs: '8.2.2',
  severity: 'error',
  title: 'No alternative makes an object rule moot',
  *check(api) {
    for (const endpoint of api.endpoints) {
      const better = withoutMoot(endpoint.access.data)
      if (better === endpoint.access.data) continue
      yield {
        endpoint,
        message: `in ${writeRule(endpoint.access.data)} whoever is signed in passes, so that the object rule never decides`,
        fix: `access: ${writeRule(better)}`,
      }
    }
  },
}

const looksAtObject = (rule: AccessData): boolean =>
  leavesOf(rule).some(({ kind }) => kind === 'owns' || kind === 'related' || kind === 'reads')

/** The same rule where it is sound; else without the alternatives that ask for no object and no authority. */
function withoutMoot(rule: AccessData): AccessData {
  if (rule.kind !== 'any' && rule.kind !== 'all') return rule
  const of = rule.of.map(withoutMoot)
  const kept =
    rule.kind === 'any' && of.some(looksAtObject)
      ? of.filter(({ kind }) => kind !== 'signedIn' && kind !== 'anyone')
      : of
  return kept.length === rule.of.length && kept.every((each, index) => each === rule.of[index])
    ? rule
    : { kind: rule.kind, of: kept }
}
