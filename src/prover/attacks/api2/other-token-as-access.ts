import type { Attack } from '../../attack.ts'
import { leavesOf } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { NotTested, pass } from '../../verdict.ts'
import { parseJwt } from './jwt.ts'
import { refreshTokenIn } from './refresh-token.ts'
import { SIGNER_REQUESTS, tokenSigner } from './token-signer.ts'
import { TARGET_REQUESTS, type TokenTarget, tokenCases, tokenTarget } from './token-target.ts'
import { type Forgery, tryTokens } from './try-tokens.ts'

export const otherTokenAsAccess: Attack = {
  id: 'other-token-as-access',
  number: 41,
  risk: 'API2',
  severity: 'high',
  cwe: 287,
  title: 'A refresh or id token opens what an access token should',
  references: ['OWASP API2:2023', 'RFC 8725 section 3.11', 'RFC 9068 section 4', 'ASVS 5.0 9.2.2'],
  maxRequests: TARGET_REQUESTS + SIGNER_REQUESTS + 3,
  oracle:
    "The refresh or id token of the login's reply, or a well signed token of another `typ`, is answered as the access token is.",
  fix: 'Give each kind of token its own `typ` (`at+jwt`) or audience and check it; keep refresh tokens opaque.',
  phase: 'normal',
  cases: (plan) => tokenCases(plan),
  async run({ operation, owner }, probe) {
    if (!operation) return pass()
    const identity = probe.identity(owner)
    const target = await tokenTarget(operation, identity, probe)
    const { login } = await identity.session()
    const refresh = refreshTokenIn(login)
    const id = [...leavesOf(login?.json)].find(({ at, value }) => /id_?token/i.test(at) && typeof value === 'string')
    const others: Forgery[] = [
      ...(refresh === null ? [] : [{ told: 'that is the refresh token', token: refresh.token }]),
      ...(id === undefined ? [] : [{ told: 'that is the id token', token: id.value as string }]),
    ].filter(({ token }) => token !== target.token)
    const typed = await ofAnotherType(target, probe)
    if (others.length + typed.length === 0)
      throw new NotTested('the login gives no refresh or id token, and none can be signed')
    return tryTokens(probe, target, [...others, ...typed])
  },
}

/** Only where access tokens have a type of their own (RFC 9068) and we can sign. */
async function ofAnotherType(target: TokenTarget, probe: Probe): Promise<readonly Forgery[]> {
  const jwt = parseJwt(target.token)
  if (jwt === null || probe.run.signer === null || !/^(application\/)?at\+jwt$/i.test(String(jwt.header.typ))) return []
  const sign = await tokenSigner({ ...target, jwt }, probe)
  return [{ told: 'of type JWT in place of at+jwt', token: await sign(jwt.claims, { typ: 'JWT' }) }]
}
