import type { Attack, Case, Untested } from '../../attack.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, pass } from '../../verdict.ts'
import { firstUser } from '../pairs.ts'
import { settled } from '../settled.ts'
import { takesJson } from './takes-json.ts'

const BODIES = [
  { what: 'JSON that breaks off', body: '{"tp": ' },
  {
    what: 'bytes that are no UTF-8',
    body: Buffer.from([0x7b, 0x22, 0x74, 0x70, 0x22, 0x3a, 0x22, 0xff, 0xc0, 0x22, 0x7d]),
  },
  { what: 'null', body: 'null' },
] as const

export const malformedJson: Attack = {
  id: 'malformed-json',
  number: 110,
  risk: 'API8',
  severity: 'low',
  cwe: 755,
  title: 'A malformed body makes the server fail instead of refuse',
  references: ['OWASP API8:2023', 'RFC 9110 section 15.5.1', 'ASVS 5.0 16.5.2'],
  maxRequests: BODIES.length * 2 + 3,
  oracle:
    'A body that is no JSON, no UTF-8 or no object, or whose texts and numbers are objects, is answered 5xx, while a valid one of the same caller is not.',
  fix: 'Parse and validate the body before anything uses it, and answer 400 where that fails.',
  phase: 'normal',
  cases,
  async run({ operation, owner }: Case, probe) {
    if (!operation) return pass()
    const alice = probe.identity(owner)
    const things =
      operation.purpose !== 'create' && operation.resource ? [await probe.object(operation.resource, alice)] : []
    const draft = await probe.draft(operation, alice, { things })
    const answers = []
    const mistyped = { what: 'a body with an object in each place', body: objectsFor(draft.body) }
    for (const { what, body } of [...BODIES, mistyped]) {
      const answer = await settled(probe, { ...draft, body }, alice)
      answers.push(answer)
      if (answer.status < 500 || answer.status === 501) continue
      // Whoever fails with every body says nothing of malformed ones. An update says it with what it has already.
      const valid = await settled(
        probe,
        things[0] ? { ...draft, body: unchanged(draft.body, things[0].data) } : draft,
        alice,
      )
      if (!succeeded(valid) && valid.status >= 500)
        throw new Inconclusive(`${operation.id} answers ${valid.status} to a valid body too`, valid, answer)
      return fail(`${what} is answered ${answer.status} by ${operation.id}`, valid, answer)
    }
    // What refuses everything has not looked at the body.
    if (answers.every(({ status }) => status >= 400)) {
      const valid = await settled(probe, draft, alice)
      if (!succeeded(valid))
        throw new Inconclusive(`${operation.id} answers ${valid.status} to a valid body too`, valid)
    }
    return pass('no malformed body makes it fail', ...answers)
  },
}

/** One or two of each kind: what parses bodies is the same all over an API, what uses them is not. */
function* cases(plan: Plan): Generator<Case | Untested> {
  const admin = plan.identities.find(({ kind, spare }) => kind === 'admin' && !spare)
  const user = firstUser(plan) ?? admin
  if (!user) return
  const seen = new Map<string, number>()
  const fits = ({ id, leftOut, purpose }: Operation) =>
    !leftOut && (purpose === 'create' || purpose === 'update' || id === plan.focus)
  for (const operation of plan.operations.filter((each) => fits(each) && takesJson(each))) {
    const kind = operation.purpose
    seen.set(kind, (seen.get(kind) ?? 0) + 1)
    if ((seen.get(kind) ?? 0) <= 3 || operation.id === plan.focus)
      yield { operation, owner: (operation.access === 'admin' ? (admin ?? user) : user).name }
  }
}

/** The body with an object where each of its values stood. */
const objectsFor = (body: unknown): unknown =>
  typeof body === 'object' && body !== null
    ? Object.fromEntries(Object.keys(body).map((name) => [name, { tp: 1 }]))
    : { tp: 1 }

/** The body with the values that the object has. */
function unchanged(body: unknown, data: unknown): unknown {
  if (typeof body !== 'object' || body === null || typeof data !== 'object' || data === null) return body
  const known = data as Readonly<Record<string, unknown>>
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name, Object.hasOwn(known, name) ? known[name] : value]),
  )
}
