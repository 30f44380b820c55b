import type { Attack, Case, Untested } from '../../attack.ts'
import type { Sender } from '../../engine/engine.ts'
import type { Draft } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { fail, pass } from '../../verdict.ts'
import { type GuardedCase, guardedControl, guardedReads, isForAdmins } from './guarded.ts'

export const forgedRole: Attack = {
  id: 'forged-role',
  number: 85,
  risk: 'API5',
  severity: 'critical',
  cwe: 807,
  title: 'A role that the caller gives himself is believed',
  references: ['OWASP API5:2023', 'RFC 8725 section 3.1', 'ASVS 5.0 8.3.1'],
  maxRequests: 20,
  oracle:
    'With a role in an unsigned header, cookie, parameter or token, the refused user is shown what only the admin is shown.',
  fix: 'Take roles from the verified credential or the database alone; headers of a gateway only over a connection that nobody else can use.',
  phase: 'normal',
  cases,
  async run(it: Case, probe) {
    const guarded = it as GuardedCase
    const { control, refused, reaches } = await guardedControl(probe, guarded)
    const user = probe.identity(guarded.attacker)
    for (const { how, draft, as } of await claims(probe, control.draft, user)) {
      const answer = await probe.send(draft, as, { anyStatus: true })
      if (reaches(answer)) return fail(`${user.name} is taken for an admin by ${how}`, refused, answer)
    }
    return pass('no role is taken on trust', refused)
  },
}

interface Claim {
  readonly how: string
  readonly draft: Draft
  readonly as: Identity | Sender
}

const HEADERS = [
  ['X-User-Role', 'admin'],
  ['X-Role', 'admin'],
  ['X-Roles', 'admin'],
  ['X-Admin', 'true'],
  ['X-Is-Admin', 'true'],
] as const
const COOKIES = 'role=admin; isAdmin=true; admin=true'
const QUERIES = [
  ['role', 'admin'],
  ['isAdmin', 'true'],
  ['admin', 'true'],
] as const

async function claims(probe: Probe, draft: Draft, user: Identity): Promise<readonly Claim[]> {
  const session = await user.session()
  // A draft's own header stands in place of the credential's of the same name.
  const cookie = session.headers.find(([name]) => name.toLowerCase() === 'cookie')?.[1]
  const withCookie = ['Cookie', cookie === undefined ? COOKIES : `${cookie}; ${COOKIES}`] as const
  const said: Claim[] = [
    ...HEADERS.map((header) => ({
      how: `the header ${header.join(': ')}`,
      draft: { ...draft, headers: [...draft.headers, header] },
      as: user,
    })),
    { how: `the cookies ${COOKIES}`, draft: { ...draft, headers: [...draft.headers, withCookie] }, as: user },
    ...QUERIES.map((query) => ({
      how: `the parameter ${query.join('=')}`,
      draft: { ...draft, query: [...draft.query, query] },
      as: user,
    })),
  ]
  const tokens = session.token === null ? [] : forgeries(session.token)
  return [...said, ...tokens.map(({ how, token }) => ({ how, draft, as: probe.forged(user, token) }))]
}

/** The user's own token with an admin's role in it: under its old signature, and under none. Nothing where it is no JWT. */
function forgeries(token: string): readonly { readonly how: string; readonly token: string }[] {
  const [head = '', payload = '', signature = ''] = token.split('.')
  const [header, claims] = [jsonIn(head), jsonIn(payload)]
  if (header === null || claims === null) return []
  const raised = encoded({ ...claims, role: 'admin', roles: ['admin'], isAdmin: true, admin: true, scope: 'admin' })
  return [
    { how: 'a role in its token under the old signature', token: `${head}.${raised}.${signature}` },
    { how: 'a role in its token without a signature', token: `${encoded({ ...header, alg: 'none' })}.${raised}.` },
  ]
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function jsonIn(part: string): object | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' ? value : null
  } catch {
    return null
  }
}

function* cases(plan: Plan): Generator<GuardedCase | Untested> {
  for (const each of guardedReads(plan, 2)) if (each.operation !== null && isForAdmins(each.operation)) yield each
}
