import type { Attack, Case } from '../../attack.ts'
import type { Draft } from '../../engine/exchange.ts'
import { type BuiltDraft, fillPath } from '../../plan/build-draft.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import { leavesOf, withAt } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { fail, pass } from '../../verdict.ts'
import { firstUser } from '../pairs.ts'
import { settled } from '../settled.ts'
import { shownInside } from './inner-workings.ts'
import { takesJson } from './takes-json.ts'

const MOST_TRIES = 5

export const verboseError: Attack = {
  id: 'verbose-error',
  number: 109,
  risk: 'API8',
  severity: 'medium',
  cwe: 209,
  title: 'An error shows a stack, a statement of SQL or a path of the program',
  references: ['OWASP API8:2023', 'RFC 9457 section 5', 'ASVS 5.0 16.5.1'],
  maxRequests: MOST_TRIES * 2,
  oracle:
    'The answer to a malformed request holds what only a stack trace, an error of a database or a source path looks like.',
  fix: 'Catch everything in one place, log the whole error there, and answer a fixed text with an id that finds it in the log.',
  phase: 'normal',
  cases,
  async run({ operation, owner }: Case, probe) {
    const alice = probe.identity(owner)
    const tried = []
    for (const { how, draft } of await mistakes(probe, operation, owner)) {
      const answer = await settled(probe, draft, alice)
      const shown = shownInside(answer)
      if (shown !== null)
        return {
          ...fail(`${how} is answered ${answer.status} with ${shown}`, answer),
          severity: shown.startsWith('a path') ? 'low' : 'medium',
        }
      tried.push(answer)
    }
    return pass('errors keep the inside to themselves', ...tried)
  },
}

/** The API as a whole, and every operation in which a mistake changes nothing. */
function* cases(plan: Plan): Generator<Case> {
  const admin = plan.identities.find(({ kind, spare }) => kind === 'admin' && !spare)
  const user = firstUser(plan) ?? admin ?? plan.identities[0]
  if (!user) return
  yield { operation: null, owner: user.name }
  for (const operation of plan.operations) {
    if (operation.leftOut || ['auth', 'webhook', 'delete'].includes(operation.purpose)) continue
    const owner = operation.access === 'admin' ? (admin ?? user) : user
    const isOpenToMistakes = operation.method === 'GET' ? operation.read.parameters.length > 0 : takesJson(operation)
    if (isOpenToMistakes) yield { operation, owner: owner.name }
  }
}

interface Mistake {
  readonly how: string
  readonly draft: Draft
}

async function mistakes(
  probe: Probe,
  operation: Operation | null,
  owner: string | undefined,
): Promise<readonly Mistake[]> {
  if (operation === null) return generalMistakes(probe)
  const alice = probe.identity(owner)
  // What is changed by mistake must be nobody's.
  const fresh =
    operation.purpose === 'update' && operation.resource !== null
      ? await probe.fresh(operation.resource, alice).catch(() => null)
      : null
  const draft = await probe.draft(operation, alice, fresh === null ? {} : { things: [fresh] })
  const takesWrongTypes = operation.purpose === 'create' || fresh !== null
  return [
    ...pathMistakes(operation, draft),
    ...queryMistakes(operation, draft),
    ...bodyMistakes(operation, draft, takesWrongTypes),
  ].slice(0, MOST_TRIES)
}

function generalMistakes(probe: Probe): readonly Mistake[] {
  const draft = { method: 'GET', path: `/${probe.nonce()}`, query: [], headers: [], body: undefined, mediaType: '' }
  return [
    { how: 'an unknown path', draft },
    { how: 'a path with a broken escape', draft: { ...draft, path: `${draft.path}/%E0%A4%A` } },
    {
      how: 'a broken credential',
      draft: { ...draft, headers: [['Authorization', 'Bearer a.b.c']] },
    },
  ]
}

function pathMistakes(operation: Operation, draft: BuiltDraft): readonly Mistake[] {
  const name = Object.keys(draft.params).at(-1)
  if (name === undefined || operation.method !== 'GET') return []
  return [`tp'"`, '99999999999999999999999'].map((value) => ({
    how: `${name}=${value} in the path of ${operation.id}`,
    draft: { ...draft, path: fillPath(operation.path, { ...draft.params, [name]: value }) },
  }))
}

function queryMistakes(operation: Operation, draft: BuiltDraft): readonly Mistake[] {
  if (operation.method !== 'GET') return []
  const names = operation.read.parameters.filter((each) => each.in === 'query').map(({ name }) => name)
  return names.slice(0, 3).map((name) => ({
    how: `a quote in ${name} of ${operation.id}`,
    draft: { ...draft, query: [...draft.query.filter(([each]) => each !== name), [name, `tp'"\\`] as const] },
  }))
}

/** Texts in place of numbers and objects in place of texts: nothing that an API could take for an order. */
function bodyMistakes(operation: Operation, draft: BuiltDraft, takesWrongTypes: boolean): readonly Mistake[] {
  if (operation.method === 'GET' || typeof draft.body !== 'object' || draft.body === null) return []
  let wrong: unknown = draft.body
  for (const { at, value } of [...leavesOf(draft.body)].slice(0, 30))
    wrong = withAt(wrong, at, typeof value === 'string' ? { tp: ["'"] } : `tp'`)
  return [
    { how: `broken JSON to ${operation.id}`, draft: { ...draft, body: '{"tp": ' } },
    ...(takesWrongTypes ? [{ how: `wrong types to ${operation.id}`, draft: { ...draft, body: wrong } }] : []),
  ]
}
