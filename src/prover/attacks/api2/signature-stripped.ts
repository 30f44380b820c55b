import { forgeryAttack } from './forgery-attack.ts'

export const signatureStripped = forgeryAttack({
  id: 'signature-stripped',
  number: 24,
  severity: 'critical',
  cwe: 347,
  title: 'A token without its signature is taken',
  references: ['OWASP API2:2023', 'RFC 7519 section 7.2', 'ASVS 5.0 9.1.1'],
  tokens: 2,
  operations: 3,
  oracle: 'The real token with its third part left out is answered as the whole one.',
  fix: 'Verify, do not decode: call the function of the library that checks the signature, and refuse when it throws.',
  forge: ({ jwt }) => [
    { told: 'with an empty signature', token: `${jwt.signed}.` },
    { told: 'of two parts', token: jwt.signed },
  ],
})
