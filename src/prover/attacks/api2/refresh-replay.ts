import type { Attack } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, NotTested, pass, type Verdict } from '../../verdict.ts'
import { withSessionOwner } from './own-session.ts'
import { type RefreshToken, refreshDraft, refreshOperation, refreshSender, refreshTokenIn } from './refresh-token.ts'

export const refreshReplay: Attack = {
  id: 'refresh-replay',
  number: 44,
  risk: 'API2',
  severity: 'high',
  cwe: 294,
  title: 'A spent refresh token gives tokens again',
  references: ['OWASP API2:2023', 'RFC 9700 section 4.14.2', 'ASVS 5.0 10.4.5'],
  maxRequests: 3,
  oracle:
    'A refresh token is exchanged although its successor has been used already; or, less grave, it has no successor at all.',
  fix: 'Replace the refresh token at each use, in one atomic step; a spent one that comes back ends the whole family.',
  phase: 'exhausting',
  *cases({ operations, auth }) {
    const operation = operations.find(({ id, leftOut }) => id === auth.refresh && !leftOut)
    if (operation) yield { operation }
    else yield { operation: null, untested: 'no operation that refreshes a session is known' }
  },
  run: (_case, probe) => withSessionOwner(probe, (owner) => replayed(owner, probe)),
}

async function replayed(owner: Identity, probe: Probe): Promise<Verdict> {
  const operation = refreshOperation(probe)
  const session = await owner.open()
  const first = refreshTokenIn(session.login)
  if (first === null) throw new NotTested('the login gives no refresh token')
  const exchange = (token: RefreshToken) =>
    probe.send(refreshDraft(operation, token), refreshSender(operation, session, probe))
  const one = await exchange(first)
  if (!succeeded(one)) throw new Inconclusive(`${operation.id} refuses a new refresh token with ${one.status}`, one)
  const second = refreshTokenIn(one)
  if (second === null || second.token === first.token) return notRotated(await exchange(first), one)
  // A grace period for lost replies may repeat the successor; it ends when the successor is used.
  const two = await exchange(second)
  if (!succeeded(two)) throw new Inconclusive(`${operation.id} refuses the successor with ${two.status}`, one, two)
  const replay = await exchange(first)
  return succeeded(replay)
    ? fail('a refresh token is exchanged again after its successor was used', one, two, replay)
    : pass(`the spent refresh token is answered ${replay.status}`, one, two, replay)
}

function notRotated(again: Answer, one: Answer) {
  if (!succeeded(again)) return pass('a refresh token works once and has no successor', one, again)
  return {
    ...fail('a refresh token is never replaced, so a stolen one goes unnoticed', one, again),
    severity: 'medium' as const,
    cause: 'refresh-not-rotated',
  }
}
