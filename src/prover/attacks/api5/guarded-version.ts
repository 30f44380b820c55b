import type { Attack, Case } from '../../attack.ts'
import type { Plan } from '../../plan/plan.ts'
import { fail, pass } from '../../verdict.ts'
import { matchesTemplate } from '../path-template.ts'
import { type GuardedCase, guardedControl, guardedReads } from './guarded.ts'

export const guardedVersion: Attack = {
  id: 'guarded-version',
  number: 86,
  risk: 'API5',
  severity: 'critical',
  cwe: 288,
  title: 'Another version of a guarded path has no guard',
  references: ['OWASP API5:2023', 'OWASP API9:2023', 'ASVS 5.0 8.2.1'],
  maxRequests: 18,
  oracle: 'Under another version or prefix the refused caller is shown most of what only the owner is shown.',
  fix: 'Guard by operation and not by prefix, and take old versions and internal mounts off the public server.',
  phase: 'normal',
  cases: (plan) => guardedReads(plan, 2),
  async run(it: Case, probe) {
    const { attacker, control, refused, reaches } = await guardedControl(probe, it as GuardedCase)
    for (const path of versionsOf(control.draft.path, probe.plan)) {
      const answer = await probe.send({ ...control.draft, path }, attacker, { anyStatus: true })
      if (reaches(answer)) return fail(`${it.attacker} is shown it at ${path}`, refused, answer)
    }
    return pass('no other version shows it', refused)
  },
}

/** The same path under other versions and prefixes, those that the document has left out. */
export function versionsOf(path: string, plan: Plan): readonly string[] {
  const versioned = /^(.*?)\/v(\d+)(\/.*)$/i.exec(path)
  const [, before = '', number = '', after = ''] = versioned ?? []
  const siblings = versioned
    ? ['v0', 'v1', 'v2', 'v3', 'v4', 'beta', 'internal']
        .filter((each) => each !== `v${number}`)
        .map((each) => `${before}/${each}${after}`)
    : []
  const bare = versioned ? [`${before}${after}`, after] : []
  const plain = versioned ? after : path.replace(/^\/api(?=\/)/, '')
  const prefixes = ['', '/api', '/v1', '/v2', '/api/v1', '/api/v2', '/internal', '/api/internal', '/beta', '/old']
  const all = [...siblings, ...bare, ...prefixes.map((prefix) => `${prefix}${plain}`)]
  return [...new Set(all)].filter(
    (each) => each !== path && !plan.operations.some((known) => matchesTemplate(each, known.path)),
  )
}
