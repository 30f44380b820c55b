import type { Attack } from '../../attack.ts'
import type { Identity } from '../../identities.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, NotTested, pass, type Verdict } from '../../verdict.ts'
import { withSessionOwner } from './own-session.ts'
import { refreshDraft, refreshOperation, refreshSender, refreshTokenIn } from './refresh-token.ts'

const AT_ONCE = 50

export const parallelRefresh: Attack = {
  id: 'parallel-refresh',
  number: 52,
  risk: 'API2',
  severity: 'medium',
  cwe: 362,
  title: 'One refresh token becomes several sessions',
  references: ['OWASP API2:2023', 'RFC 9700 section 4.14.2', 'ASVS 5.0 10.4.5'],
  maxRequests: AT_ONCE + 2,
  oracle: `Of ${AT_ONCE} exchanges of one refresh token at once, two give different successors, and both of these work.`,
  fix: 'Spend the token by compare-and-swap (one statement that updates only an unspent row), or under a lock.',
  phase: 'exhausting',
  *cases({ operations, auth }) {
    const operation = operations.find(({ id, leftOut }) => id === auth.refresh && !leftOut)
    if (operation) yield { operation }
    else yield { operation: null, untested: 'no operation that refreshes a session is known' }
  },
  run: (_case, probe) => withSessionOwner(probe, (owner) => atOnce(owner, probe)),
}

async function atOnce(owner: Identity, probe: Probe): Promise<Verdict> {
  const operation = refreshOperation(probe)
  const session = await owner.open()
  const first = refreshTokenIn(session.login)
  if (first === null) throw new NotTested('the login gives no refresh token')
  const exchange = (token: typeof first) =>
    probe.send(refreshDraft(operation, token), refreshSender(operation, session, probe), {
      anyStatus: true,
      meetsLimits: true,
    })
  const answers = await probe.atOnce(
    Array.from({ length: AT_ONCE }, () => refreshDraft(operation, first)),
    refreshSender(operation, session, probe),
  )
  const won = answers.filter(succeeded)
  if (won.length === 0) throw new Inconclusive(`none of ${AT_ONCE} exchanges at once succeeded`, ...answers.slice(0, 1))
  const successors = new Map(
    won.flatMap((answer) => {
      const next = refreshTokenIn(answer)
      return next === null ? [] : [[next.token, { next, answer }] as const]
    }),
  )
  if (successors.has(first.token) || successors.size === 0)
    throw new NotTested('refresh tokens have no successors: see refresh-replay')
  const [one, other] = [...successors.values()]
  if (!one || !other) return pass(`${won.length} of ${AT_ONCE} exchanges gave one successor`, ...won.slice(0, 1))
  const uses = [await exchange(one.next), await exchange(other.next)]
  const busy = uses.find(({ status }) => status === 0 || status === 429 || status >= 500)
  if (busy) throw new Inconclusive(`two successors were given; the use of one was answered ${busy.status}`, busy)
  return uses.every(succeeded)
    ? fail(`${AT_ONCE} exchanges at once gave ${successors.size} successors`, one.answer, other.answer, ...uses)
    : pass('several successors were given, and using one ended the others', one.answer, other.answer, ...uses)
}
