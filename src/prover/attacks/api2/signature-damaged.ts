import { forgeryAttack } from './forgery-attack.ts'
import { compact } from './jwt.ts'
import { withDamagedSignature, withFlippedBit } from './try-tokens.ts'

export const signatureDamaged = forgeryAttack({
  id: 'signature-damaged',
  number: 25,
  severity: 'critical',
  cwe: 347,
  title: 'A token with a damaged signature is taken',
  references: ['OWASP API2:2023', 'RFC 7515 section 5.2', 'ASVS 5.0 9.1.1'],
  tokens: 4,
  oracle: 'The real token with one bit of its signature flipped, or with half of it, is answered as the whole one.',
  fix: 'Verify the whole signature with the library, in constant time, on every request.',
  // Bits of the bytes themselves: the last character of base64url has spare ones that mean nothing.
  forge: ({ jwt }) => [
    { told: 'with one bit of its signature flipped', token: withDamagedSignature(jwt) },
    { told: 'with the first bit changed', token: compact(jwt.signed, withFlippedBit(jwt.signature, 0)) },
    {
      told: 'with the last byte changed',
      token: compact(jwt.signed, withFlippedBit(jwt.signature, Math.max(0, jwt.signature.length - 1))),
    },
    {
      told: 'with half of its signature',
      token: compact(jwt.signed, jwt.signature.subarray(0, jwt.signature.length >> 1)),
    },
  ],
})
