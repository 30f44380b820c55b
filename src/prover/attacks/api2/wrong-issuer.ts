import { NotTested } from '../../verdict.ts'
import { claimsAttack, without } from './claims-attack.ts'

export const wrongIssuer = claimsAttack({
  id: 'wrong-issuer',
  number: 40,
  severity: 'medium',
  cwe: 346,
  title: 'A token of another issuer is taken',
  references: ['OWASP API2:2023', 'RFC 8725 section 3.8', 'ASVS 5.0 9.1.3'],
  tokens: 2,
  oracle: 'The real claims with another `iss`, or with none, well signed, are answered as the real token is.',
  fix: 'Give the verifier the one issuer whose keys these are, and require the claim.',
  async forge({ jwt }, sign) {
    if (jwt.claims.iss === undefined) throw new NotTested('the tokens of this API name no issuer (iss)')
    return [
      { told: 'of another issuer', token: await sign({ ...jwt.claims, iss: 'https://elsewhere.example' }) },
      { told: 'of no issuer', token: await sign(without(jwt.claims, 'iss')) },
    ]
  },
})
