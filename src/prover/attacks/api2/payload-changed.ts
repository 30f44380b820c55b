import { forgeryAttack } from './forgery-attack.ts'
import { compact, signingInput } from './jwt.ts'

const DAY_SECONDS = 86_400

export const payloadChanged = forgeryAttack({
  id: 'payload-changed',
  number: 26,
  severity: 'critical',
  cwe: 345,
  title: 'A token whose claims were changed after it was signed is taken',
  references: ['OWASP API2:2023', 'RFC 7515 section 5.2', 'ASVS 5.0 9.1.1'],
  tokens: 1,
  // One handler that decodes where the others verify is the commonest form of this, so many are asked.
  operations: 30,
  oracle: 'The real token with a later expiry and its old signature is answered as the real one.',
  fix: 'Verify the signature in one place for all operations, before any claim is read; never decode a token beside it.',
  // The same person still, so that what is shown tells whether it was taken.
  forge: ({ jwt }, probe) => {
    const exp = typeof jwt.claims.exp === 'number' ? jwt.claims.exp : Math.floor(probe.now() / 1000)
    const input = signingInput(jwt.header, { ...jwt.claims, exp: exp + DAY_SECONDS })
    return [{ told: 'with a later expiry under the old signature', token: compact(input, jwt.signature) }]
  },
})
