import { NotTested } from '../../verdict.ts'
import { claimsAttack, without } from './claims-attack.ts'

export const tokenWithoutExpiry = claimsAttack({
  id: 'token-without-expiry',
  number: 37,
  severity: 'medium',
  cwe: 613,
  title: 'A token that never expires is taken',
  references: ['OWASP API2:2023', 'RFC 9068 section 2.2', 'ASVS 5.0 9.2.1'],
  tokens: 1,
  oracle: 'The real claims without `exp`, well signed, are answered as the real token is.',
  fix: 'Require `exp` when verifying (jose: `requiredClaims: ["exp"]`); most libraries check it only where it is there.',
  async forge({ jwt }, sign) {
    if (jwt.claims.exp === undefined) throw new NotTested('the tokens of this API have no exp: see token-lifetime')
    return [{ told: 'without an expiry', token: await sign(without(jwt.claims, 'exp')) }]
  },
})
