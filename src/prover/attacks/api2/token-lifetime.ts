import type { Attack } from '../../attack.ts'
import { fail, NotTested, pass } from '../../verdict.ts'
import { usersOf } from '../pairs.ts'
import { parseJwt } from './jwt.ts'
import { refreshTokenIn } from './refresh-token.ts'
import { tokenIn } from './token-target.ts'

const HOUR_SECONDS = 3600
const DAY_SECONDS = 24 * HOUR_SECONDS

export const tokenLifetime: Attack = {
  id: 'token-lifetime',
  number: 51,
  risk: 'API2',
  severity: 'medium',
  cwe: 613,
  title: 'Access tokens live longer than they should',
  references: ['OWASP API2:2023', 'RFC 9700 section 2.2.2', 'ASVS 5.0 7.3.2'],
  maxRequests: 1,
  oracle: 'A token that a login gives out lives for more than an hour (less grave up to a day), or has no end.',
  fix: 'Give access tokens minutes, and renew them with a refresh token that can be revoked.',
  phase: 'normal',
  *cases(plan) {
    const user = usersOf(plan).find(({ source }) => source.kind === 'login')
    if (user) yield { operation: null, owner: user.name }
    else yield { operation: null, untested: 'needs an identity that signs in; add a login under identities' }
  },
  async run({ owner }, probe) {
    const session = await probe.identity(owner).session()
    const answers = session.login === null ? [] : [session.login]
    const jwt = parseJwt(tokenIn(session) ?? '')
    if (jwt !== null && jwt.claims.exp === undefined) return fail('the access token never expires (no exp)', ...answers)
    const seconds = jwt === null ? declared(session.login?.json) : lifetime(jwt.claims)
    if (seconds === null) throw new NotTested('neither the token nor the login says how long it lives')
    const told = `the access token lives for ${Math.round(seconds / 60)} minutes`
    if (seconds <= HOUR_SECONDS + 60) return pass(told, ...answers)
    const renewal = refreshTokenIn(session.login) === null ? '' : ', although it can be renewed'
    return { ...fail(`${told}${renewal}`, ...answers), severity: seconds > DAY_SECONDS ? 'medium' : 'low' }
  },
}

const lifetime = ({ exp, iat, nbf }: Readonly<Record<string, unknown>>): number | null => {
  const start = typeof iat === 'number' ? iat : nbf
  return typeof exp === 'number' && typeof start === 'number' ? exp - start : null
}

function declared(json: unknown): number | null {
  const { expiresIn, expires_in: snake } = (json ?? {}) as { expiresIn?: unknown; expires_in?: unknown }
  const seconds = expiresIn ?? snake
  return typeof seconds === 'number' ? seconds : null
}
