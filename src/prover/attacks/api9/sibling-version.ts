import type { Attack, Case } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, pass } from '../../verdict.ts'
import { versionsOf } from '../api5/guarded-version.ts'
import { sameShape } from '../api5/same-shape.ts'
import { basePath } from '../path-spellings.ts'
import { apiWide, type Sampled, sampledReads, samplingRequests } from '../sampled-reads.ts'
import { declaredAt } from './declared-at.ts'
import { getOf } from './unlisted.ts'

const SAMPLES = 2
/** Of each sampled operation. */
const MOST_PATHS = 16

export const siblingVersion: Attack = {
  id: 'sibling-version',
  number: 120,
  risk: 'API9',
  severity: 'medium',
  cwe: 1059,
  title: 'Another version of the API is served that no document tells of',
  references: ['OWASP API9:2023', 'ASVS 5.0 13.4.5'],
  maxRequests: SAMPLES * (MOST_PATHS + 2) + samplingRequests(SAMPLES),
  oracle:
    'Under another version or prefix the owner is answered as under the declared one, a made-up path there is not, and no path or server of the document has that prefix.',
  fix: 'Take old and future versions off the server, or declare and guard them like the current one.',
  phase: 'normal',
  cases: (plan) => apiWide(plan, 'all'),
  async run(_: Case, probe) {
    const answers: Answer[] = []
    for (const sampled of await sampledReads(probe, SAMPLES, 'all')) {
      for (const target of targetsOf(probe, sampled)) {
        const answer = await probe.send(getOf(target), probe.identity(sampled.owner), { anyStatus: true })
        answers.push(answer)
        if (!answersAlike(probe, answer, sampled)) continue
        const [path = '', query] = target.split('?')
        const strange = `${path}-${probe.nonce()}${query === undefined ? '' : `?${query}`}`
        const control = await probe.send(getOf(strange), probe.identity(sampled.owner), { anyStatus: true })
        if (answersAlike(probe, control, sampled)) continue
        return fail(
          `${target} answers like ${sampled.operation.id} and is not declared`,
          sampled.control.answer,
          answer,
        )
      }
    }
    return pass('no other version answers', ...answers.slice(-1))
  },
}

const answersAlike = (probe: Probe, answer: Answer, { control }: Sampled): boolean =>
  succeeded(answer) && (probe.shows(answer, control) || sameShape(answer, control.answer))

function targetsOf(probe: Probe, { control }: Sampled): readonly string[] {
  const base = basePath(probe.base)
  const query = control.draft.query.map((pair) => pair.map(encodeURIComponent).join('=')).join('&')
  return versionsOf(`${base}${control.draft.path}`, probe.plan)
    .filter((path) => !isDeclared(probe.plan, base, path))
    .slice(0, MOST_PATHS)
    .map((path) => `${path}${query === '' ? '' : `?${query}`}`)
}

/** By a path, or by another server of the document. */
function isDeclared(plan: Plan, base: string, path: string): boolean {
  const servers = plan.document.servers.map((url) => {
    const { pathname } = new URL(url, 'http://localhost')
    return pathname.replace(/\/$/, '')
  })
  return [base, ...servers].some(
    (prefix) => path.startsWith(`${prefix}/`) && declaredAt(plan, path.slice(prefix.length)).length > 0,
  )
}
