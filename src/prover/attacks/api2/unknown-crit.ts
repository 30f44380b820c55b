import { claimsAttack } from './claims-attack.ts'

export const unknownCrit = claimsAttack({
  id: 'unknown-crit',
  number: 45,
  severity: 'low',
  cwe: 347,
  title: 'A token with a critical extension that nobody knows is taken',
  references: ['OWASP API2:2023', 'RFC 7515 section 4.1.11', 'ASVS 5.0 9.1.1'],
  tokens: 1,
  oracle:
    'The real claims under a header whose `crit` names an unknown member, well signed, are answered as the real token is.',
  fix: 'Verify with a library that refuses `crit` members it does not know, or refuse every header that holds `crit`.',
  forge: async ({ jwt }, sign) => [
    {
      told: 'whose crit names an extension that nobody knows',
      token: await sign(jwt.claims, { crit: ['x-turnpike-unknown'], 'x-turnpike-unknown': true }),
    },
  ],
})
