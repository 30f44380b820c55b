import { NotTested } from '../../verdict.ts'
import { claimsAttack, without } from './claims-attack.ts'

export const wrongAudience = claimsAttack({
  id: 'wrong-audience',
  number: 39,
  severity: 'high',
  cwe: 287,
  title: 'A token that was issued for another API is taken',
  references: ['OWASP API2:2023', 'RFC 8725 section 3.9', 'ASVS 5.0 9.2.3'],
  tokens: 2,
  oracle: 'The real claims with another `aud`, or with none, well signed, are answered as the real token is.',
  fix: 'Give the verifier the one audience of this API, and require the claim.',
  async forge({ jwt }, sign) {
    if (jwt.claims.aud === undefined) throw new NotTested('the tokens of this API name no audience (aud)')
    return [
      { told: 'for another audience', token: await sign({ ...jwt.claims, aud: 'https://elsewhere.example' }) },
      { told: 'for no audience', token: await sign(without(jwt.claims, 'aud')) },
    ]
  },
})
