import { forgeryAttack } from './forgery-attack.ts'
import { hmacToken } from './jwt.ts'

export const blankSecret = forgeryAttack({
  id: 'blank-secret',
  number: 29,
  severity: 'critical',
  cwe: 1391,
  title: 'A token signed with an empty secret is taken',
  references: ['OWASP API2:2023', 'RFC 8725 section 3.5', 'ASVS 5.0 11.2.3'],
  tokens: 4,
  oracle:
    'The real claims, signed with HS256 and a secret that an unset variable leaves, are answered as the real token is.',
  fix: 'Refuse to start without a secret of at least 256 random bits; never fall back to an empty one.',
  forge: ({ jwt }) =>
    [
      ['an empty secret', ''],
      ['a zero byte', '\0'],
      ['the text "undefined"', 'undefined'],
      ['the text "null"', 'null'],
    ].map(([told, secret]) => ({
      told: `signed with ${told}`,
      token: hmacToken({ ...jwt.header, alg: 'HS256' }, jwt.claims, secret as string),
    })),
})
