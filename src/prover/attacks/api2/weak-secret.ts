import type { Attack } from '../../attack.ts'
import { fail, Inconclusive, NotTested, pass } from '../../verdict.ts'
import { hmacToken } from './jwt.ts'
import { jwtTarget, TARGET_REQUESTS, tokenCases } from './token-target.ts'
import { weakSecretOf } from './weak-secret-of.ts'

export const weakSecret: Attack = {
  id: 'weak-secret',
  number: 28,
  risk: 'API2',
  severity: 'critical',
  cwe: 1391,
  title: 'Tokens are signed with a secret that everybody knows',
  references: ['OWASP API2:2023', 'RFC 8725 section 3.5', 'ASVS 5.0 13.3.1'],
  maxRequests: TARGET_REQUESTS + 1,
  oracle:
    "A captured token's signature is that of a secret on the list, and a token of a later expiry signed with it is taken.",
  fix: 'Sign with at least 256 random bits from a secret store, or with a private key; replace the secret and end every session.',
  phase: 'normal',
  cases: (plan) => tokenCases(plan),
  async run({ operation, owner }, probe) {
    if (!operation) return pass()
    const target = await jwtTarget(operation, owner, probe)
    const { jwt, baseline } = target
    const alg = String(jwt.header.alg)
    if (!alg.startsWith('HS')) throw new NotTested(`tokens are signed with ${alg}: there is no shared secret to guess`)
    const known = weakSecretOf(jwt, probe)
    if (known === null) return pass(`the ${alg} secret is none of the commonest ones`, baseline.control.answer)
    const exp = typeof jwt.claims.exp === 'number' ? jwt.claims.exp + 60 : undefined
    const forged = hmacToken({ ...jwt.header, alg }, { ...jwt.claims, exp }, known)
    const answer = await probe.send(baseline.control.draft, target.showing(forged))
    // The secret is proved by the captured token alone; that a forged one is refused has another reason.
    if (!target.accepts(answer))
      throw new Inconclusive(
        'the secret of the token is a well-known one, but a token signed with it is refused',
        answer,
      )
    return fail(
      `the ${alg} secret is ${JSON.stringify(String(known))}: anybody signs tokens of anybody`,
      baseline.control.answer,
      answer,
    )
  },
}
