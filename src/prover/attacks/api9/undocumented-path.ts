import type { Attack, Case } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Plan } from '../../plan/plan.ts'
import { at } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { type AttackSeverity, fail, pass } from '../../verdict.ts'
import { basePath } from '../path-spellings.ts'
import { apiWide } from '../sampled-reads.ts'
import { settled } from '../settled.ts'
import { commonPrefix, declaredAt } from './declared-at.ts'
import { KNOWN_PATHS } from './known-paths.ts'
import { getOf, hasContent, holdsSecrets, isOfItsOwn, requireTold } from './unlisted.ts'

const MOUNTS = 2

export const undocumentedPath: Attack = {
  id: 'undocumented-path',
  number: 119,
  risk: 'API9',
  severity: 'medium',
  cwe: 1059,
  title: 'Something answers at a path that is in no document',
  references: ['OWASP API9:2023', 'OWASP API8:2023', 'ASVS 5.0 13.4.5'],
  maxRequests: MOUNTS * Math.max(...KNOWN_PATHS.map(({ paths }) => paths.length)) + 12,
  oracle:
    'A well-known path of tools, settings or administration is answered 2xx with content, its neighbour with a made-up name is not, and the document does not declare it. High with secrets in it.',
  fix: 'Take it off the public server: tools and metrics on a port of their own, files never below the root that is served.',
  phase: 'normal',
  cases: (plan) => apiWide(plan, 'all', ...KNOWN_PATHS.map(({ name }) => name)),
  async run({ owner, variant }: Case, probe) {
    const group = KNOWN_PATHS.find(({ name }) => name === variant)
    if (group === undefined) return pass()
    const alice = probe.identity(owner)
    const hits: { readonly path: string; readonly answer: Answer }[] = []
    const answers: Answer[] = []
    for (const path of pathsOf(probe, group.paths)) {
      if (hits.length === 3) break
      const answer = await settled(probe, getOf(path), alice)
      answers.push(answer)
      if (
        hasContent(answer) &&
        isKind(group.name, answer, probe.plan) &&
        (await isOfItsOwn(probe, answer, path, alice))
      )
        hits.push({ path, answer })
    }
    if (hits.length === 0) {
      requireTold(answers)
      return pass(`none of the ${group.name} is there`, ...answers.slice(-1))
    }
    const [first] = hits
    const nobody = first && (await probe.send(getOf(first.path), probe.nobody, { anyStatus: true }))
    const isOpen = nobody !== undefined && hasContent(nobody)
    const severity = severityOf(group.severity, hits, isOpen)
    return {
      ...fail(
        `${hits.map(({ path }) => path).join(', ')}: answered ${isOpen ? 'to anybody' : 'to any signed-in caller'}`,
        ...hits.map(({ answer }) => answer),
      ),
      severity,
      cause: `undocumented-path ${group.name}`,
    }
  },
}

/** Below the origin and below what all paths have in common; what the document declares is no secret. */
function pathsOf(probe: Probe, paths: readonly string[]): readonly string[] {
  const base = basePath(probe.base)
  const mounts = [...new Set(['', `${base}${commonPrefix(probe.plan)}`])].slice(0, MOUNTS)
  return mounts
    .flatMap((mount) => paths.map((path) => `${mount}${path}`))
    .filter((path) => !isDeclared(probe.plan, base, path))
}

const isDeclared = (plan: Plan, base: string, path: string): boolean =>
  path.startsWith(`${base}/`) && declaredAt(plan, path.slice(base.length)).length > 0

/** Only what looks like it, where anything may stand under the name; a description counts that tells of more than ours. */
function isKind(group: string, { text, json }: Answer, plan: Plan): boolean {
  if (group === 'metrics') return /^# (HELP|TYPE) |"(measurements|names|uptime|requests|memory)"/m.test(text)
  if (group === 'descriptions') return /graphi?ql/i.test(text) || tellsMore(json, plan)
  return true
}

function tellsMore(json: unknown, plan: Plan): boolean {
  const paths = at(json, '/paths')
  if (typeof paths !== 'object' || paths === null) return false
  const shapeOf = (path: string) => path.replaceAll(/\{[^{}]{1,200}\}/g, '{}').replace(/\/$/, '')
  const known = plan.operations.map(({ path }) => shapeOf(path))
  // Base paths are put before or left out.
  return Object.keys(paths)
    .map(shapeOf)
    .some((path) => !known.some((each) => path.endsWith(each) || each.endsWith(path)))
}

function severityOf(
  usual: AttackSeverity,
  hits: readonly { readonly answer: Answer }[],
  isOpen: boolean,
): AttackSeverity {
  if (hits.some(({ answer }) => holdsSecrets(answer.text))) return 'high'
  return usual === 'high' && !isOpen ? 'medium' : usual
}
