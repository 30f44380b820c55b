import type { Attack, Case, Untested } from '../../attack.ts'
import type { Identity, Session } from '../../identities.ts'
import { fieldNames } from '../../plan/infer-purpose.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, NotTested, pass, type Verdict } from '../../verdict.ts'
import { OWN_SESSION_REQUESTS, openSession, sessionCases, withSessionOwner } from './own-session.ts'
import { type RefreshToken, refreshDraft, refreshSender, refreshTokenIn } from './refresh-token.ts'
import { tokenCases } from './token-target.ts'

const SHORT_MILLISECONDS = 300_000

export const afterLogout: Attack = {
  id: 'after-logout',
  number: 42,
  risk: 'API2',
  severity: 'medium',
  cwe: 613,
  title: 'A session lives on after its logout',
  references: ['OWASP API2:2023', 'ASVS 5.0 7.4.1'],
  maxRequests: OWN_SESSION_REQUESTS + 3,
  oracle: 'The token of a session that was ended is answered as before, or its refresh token still gives new ones.',
  fix: 'End the session on the server: delete it, or remember the ids of ended tokens until they expire; logout also ends the refresh token.',
  phase: 'exhausting',
  cases,
  async run({ operation: logout }, probe) {
    const [read] = tokenCases(probe.plan)
    if (!logout || read?.operation == null) throw new NotTested('no read that a session is good for is known')
    const { operation } = read
    return withSessionOwner(probe, (owner) => loggedOut(operation, logout, owner, probe))
  },
}

function cases(plan: Plan): readonly (Case | Untested)[] {
  const logout = plan.operations.find(({ id, leftOut }) => id === plan.auth.logout && !leftOut) ?? null
  const [read] = sessionCases(plan, logout?.id ?? null, 'that ends a session')
  if (read === undefined || 'untested' in read || logout === null) return read === undefined ? [] : [read]
  return [{ operation: logout }]
}

async function loggedOut(operation: Operation, logout: Operation, owner: Identity, probe: Probe): Promise<Verdict> {
  const { session, draft, control, isAlive } = await openSession(operation, owner, probe)
  const refresh = refreshTokenIn(session.login)
  await end(logout, { owner, session, refresh }, probe)
  const answer = await probe.send(draft, session)
  const renewed = await renews(refresh, session, probe)
  if (renewed !== null) return renewed
  if (!isAlive(answer)) return pass(`after logout the token is answered ${answer.status}`, control, answer)
  const left = session.expiresAt === null ? Number.POSITIVE_INFINITY : session.expiresAt - probe.now()
  const verdict = fail('the token is taken after its session was ended', control, answer)
  return left <= SHORT_MILLISECONDS ? { ...verdict, severity: 'low' } : verdict
}

interface Begun {
  readonly owner: Identity
  readonly session: Session
  readonly refresh: RefreshToken | null
}

async function end(logout: Operation, { owner, session, refresh }: Begun, probe: Probe): Promise<void> {
  const takesRefresh = refresh !== null && fieldNames(logout.read).some((name) => /refresh/i.test(name))
  const draft = takesRefresh ? refreshDraft(logout, refresh) : await probe.draft(logout, owner)
  const answer = await probe.send(draft, session)
  if (!succeeded(answer) && answer.status !== 302 && answer.status !== 303)
    throw new Inconclusive(`${logout.id} itself answered ${answer.status}`, answer)
}

/** A refresh token that survived is worse than a token that will expire by itself. */
async function renews(refresh: RefreshToken | null, session: Session, probe: Probe): Promise<Verdict | null> {
  const operation = probe.operation(probe.plan.auth.refresh)
  if (refresh === null || operation === null) return null
  const answer = await probe.send(refreshDraft(operation, refresh), refreshSender(operation, session, probe))
  if (!succeeded(answer)) return null
  return { ...fail('the refresh token gives new tokens after the session was ended', answer), severity: 'high' }
}
