import type { Attack, Case } from '../../attack.ts'
import { fail, pass } from '../../verdict.ts'
import { basePath, spellingsOf } from '../path-spellings.ts'
import { type GuardedCase, guardedControl, guardedReads } from './guarded.ts'

export const pathSpelling: Attack = {
  id: 'path-spelling',
  number: 83,
  risk: 'API5',
  severity: 'critical',
  cwe: 647,
  title: 'Another spelling of a guarded path goes around its guard',
  references: ['OWASP API5:2023', 'RFC 3986 section 6', 'ASVS 5.0 8.2.1'],
  maxRequests: 24,
  oracle: 'Under another spelling of the path the refused caller is shown most of what only the owner is shown.',
  fix: 'Bring the path into one form before anything looks at it, guard by route rather than by text, and refuse what is ambiguous.',
  phase: 'normal',
  cases: (plan) => guardedReads(plan, 2),
  async run(it: Case, probe) {
    const { attacker, control, refused, reaches } = await guardedControl(probe, it as GuardedCase)
    // A raw target holds everything: a credential that stands in the query too.
    const credential = 'session' in attacker ? (await attacker.session()).query : []
    const query = [...credential, ...control.draft.query]
      .map((pair) => pair.map(encodeURIComponent).join('='))
      .join('&')
    for (const { how, path } of spellingsOf(control.draft.path)) {
      const rawTarget = `${basePath(probe.base)}${path}${query === '' ? '' : `?${query}`}`
      const answer = await probe.send({ ...control.draft, rawTarget }, attacker, { anyStatus: true })
      if (reaches(answer)) return fail(`${it.attacker} is shown it under ${path} (${how})`, refused, answer)
    }
    return pass('every spelling is refused', refused)
  },
}
