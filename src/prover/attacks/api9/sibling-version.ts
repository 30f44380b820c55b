import type { Attack, Case } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, NotTested, pass, type Verdict } from '../../verdict.ts'
import { versionsOf } from '../api5/guarded-version.ts'
import { sameShape } from '../api5/same-shape.ts'
import { basePath } from '../path-spellings.ts'
import {
  apiWide,
  readSample,
  readsOf,
  SAMPLE_REQUESTS,
  type Sampled,
  sampledReads,
  samplingRequests,
} from '../sampled-reads.ts'
import { settled } from '../settled.ts'
import type { SignedInCase } from '../signed-in.ts'
import { declaredAt } from './declared-at.ts'
import { getOf, requireTold } from './unlisted.ts'

const SAMPLES = 2
/** Of each sampled operation. */
const MOST_PATHS = 16
/** Further kinds of objects, and paths of each. */
const MOST_KINDS = 12
const LIKELIEST = 4

export const siblingVersion: Attack = {
  id: 'sibling-version',
  number: 120,
  risk: 'API9',
  severity: 'medium',
  cwe: 1059,
  title: 'Another version of the API is served that no document tells of',
  references: ['OWASP API9:2023', 'ASVS 5.0 13.4.5'],
  maxRequests:
    SAMPLES * (MOST_PATHS * 2 + 2) + samplingRequests(SAMPLES) + MOST_KINDS * (LIKELIEST * 2 + SAMPLE_REQUESTS) + 4,
  oracle:
    'Under another version or prefix the owner is answered as under the declared one, a made-up path there is not, and no path or server of the document has that prefix.',
  fix: 'Take old and future versions off the server, or declare and guard them like the current one.',
  phase: 'normal',
  cases: (plan) => apiWide(plan, 'all'),
  async run(_: Case, probe) {
    const answers: Answer[] = []
    const some = await sampledReads(probe, SAMPLES, 'all')
    for (const sampled of some) {
      const verdict = await other(probe, sampled, MOST_PATHS, answers)
      if (verdict !== null) return verdict
    }
    // An old version often has a part of the API left: each kind of object is asked for under the likeliest names.
    for (const each of oneOfEach(probe, some)) {
      const sampled = await readSample(probe, each).catch(orNull)
      const verdict = sampled && (await other(probe, sampled, LIKELIEST, answers))
      if (verdict) return verdict
    }
    requireTold(answers)
    return pass('no other version answers', ...answers.slice(-1))
  },
}

async function other(probe: Probe, sampled: Sampled, most: number, answers: Answer[]): Promise<Verdict | null> {
  for (const target of targetsOf(probe, sampled, most)) {
    const answer = await settled(probe, getOf(target), asSampled(probe, sampled))
    answers.push(answer)
    if (!answersAlike(probe, answer, sampled)) continue
    const [path = '', query] = target.split('?')
    const strange = `${path}-${probe.nonce()}${query === undefined ? '' : `?${query}`}`
    const control = await probe.send(getOf(strange), asSampled(probe, sampled), { anyStatus: true })
    if (answersAlike(probe, control, sampled)) continue
    const nobody = await probe.send(getOf(target), probe.nobody, { anyStatus: true })
    const isOpen = sampled.operation.access !== 'public' && answersAlike(probe, nobody, sampled)
    return {
      ...fail(
        `${target} answers like ${sampled.operation.id} and is not declared${isOpen ? '; it asks for no credential' : ''}`,
        sampled.control.answer,
        ...(isOpen ? [answer, nobody] : [answer]),
      ),
      ...(isOpen ? { severity: 'high' as const } : {}),
    }
  }
  return null
}

const asSampled = (probe: Probe, { owner }: Sampled) => probe.identity(owner)

/** A read, else a list, of each resource that was not sampled. */
function oneOfEach({ plan }: Probe, sampled: readonly Sampled[]): readonly SignedInCase[] {
  const reads = readsOf(plan, 'all').filter(({ operation }) => ['read', 'list'].includes(operation.purpose))
  const seen = new Set(sampled.map(({ operation }) => operation.resource))
  return reads
    .filter(({ operation: { resource } }) => {
      const isNew = resource !== null && !seen.has(resource)
      seen.add(resource)
      return isNew
    })
    .slice(0, MOST_KINDS)
}

function orNull(error: unknown): null {
  if (error instanceof NotTested || error instanceof Inconclusive) return null
  throw error
}

const answersAlike = (probe: Probe, answer: Answer, { control }: Sampled): boolean =>
  succeeded(answer) && (probe.shows(answer, control) || sameShape(answer, control.answer))

function targetsOf(probe: Probe, { control }: Sampled, most: number): readonly string[] {
  const base = basePath(probe.base)
  const query = control.draft.query.map((pair) => pair.map(encodeURIComponent).join('=')).join('&')
  return versionsOf(`${base}${control.draft.path}`, probe.plan)
    .filter((path) => !isDeclared(probe.plan, base, path))
    .slice(0, most)
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
