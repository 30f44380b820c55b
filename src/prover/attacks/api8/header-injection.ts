import type { Attack, Case, Untested } from '../../attack.ts'
import type { Draft } from '../../engine/exchange.ts'
import type { Plan } from '../../plan/plan.ts'
import { at } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { fail, pass } from '../../verdict.ts'
import { basePath } from '../path-spellings.ts'
import { settled } from '../settled.ts'
import { type Prepared, prepare, requireTaken, type TextCase, textCases, withText } from './text-places.ts'

const HEADER = 'X-Turnpike-Injected'

/** Line ends: as they are, and as letters of which some programs keep the lower byte alone. */
const LINE_ENDS = ['\r\n', '\u560d\u560a'] as const

export const headerInjection: Attack = {
  id: 'header-injection',
  number: 114,
  risk: 'API8',
  severity: 'high',
  cwe: 113,
  title: 'A line end in a parameter adds a header to the answer',
  references: ['OWASP API8:2023', 'OWASP WSTG-INPV-15', 'RFC 9110 section 5.5', 'ASVS 5.0 4.2.4'],
  maxRequests: LINE_ENDS.length * 2 + 2,
  oracle: `A header ${HEADER} that only the parameter holds stands in the answer as a header of its own.`,
  fix: 'Refuse control characters in everything that goes into a header, and build Location from a list of targets.',
  phase: 'normal',
  cases,
  async run(it: Case, probe) {
    const alice = probe.identity(it.owner)
    const nonce = probe.nonce()
    const answers = []
    const prepared = it.operation === null ? null : await prepare(probe, it as TextCase)
    for (const draft of it.operation === null
      ? [ofThePath(probe, nonce)]
      : ofThePlace(it as TextCase, prepared, nonce)) {
      const answer = await settled(probe, draft, alice)
      if (answer.headers[HEADER.toLowerCase()]?.startsWith(nonce))
        return fail(`${it.variant ?? 'the path'} adds a header to the answer`, answer)
      answers.push(answer)
    }
    if (prepared !== null) await requireTaken(probe, it as TextCase, prepared, answers)
    return pass('no header comes in by a parameter', ...answers)
  },
}

/** The path, which redirects repeat; and parameters of reads that name where to go, or a file. */
function* cases(plan: Plan): Generator<Case | Untested> {
  const [owner] = plan.identities
  if (owner) yield { operation: null, owner: owner.name }
  yield* textCases(
    plan,
    2,
    ({ in: where, name }, { method }) =>
      method === 'GET' &&
      where !== 'body' &&
      /redirect|return|next|url|uri|goto|target|dest|callback|continue|back|ref|link|location|file|name|lang|locale|type|format|disposition|version/i.test(
        name,
      ),
  )
}

/** Most servers write the redirect to the path with a slash out of the path itself. */
function ofThePath(probe: Probe, nonce: string): Draft {
  const rawTarget = `${basePath(probe.base)}/${nonce}%0d%0a${HEADER}:%20${nonce}`
  return { method: 'GET', path: '/', query: [], headers: [], body: undefined, mediaType: '', rawTarget }
}

function ofThePlace(it: TextCase, prepared: Prepared | null, nonce: string): readonly Draft[] {
  if (prepared === null) return []
  const { draft, place } = prepared
  const usual = draft.query.find(([name]) => name === place.name)?.[1] ?? at(draft.params, `/${place.name}`)
  // An address must look like one to be taken.
  const before =
    typeof usual === 'string' ? usual : /url|uri|link|location/i.test(place.name) ? 'https://example.com/' : '/'
  return LINE_ENDS.map((end) => withText(it.operation, draft, place, `${before}${end}${HEADER}: ${nonce}`))
}
