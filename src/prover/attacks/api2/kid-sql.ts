import { forgeryAttack } from './forgery-attack.ts'
import { KEY_NAME_REQUESTS, namedKeyForgeries } from './own-key-name.ts'

const SECRET = 'turnpike-chosen-key'

export const kidSql = forgeryAttack({
  id: 'kid-sql',
  number: 31,
  severity: 'critical',
  cwe: 89,
  title: 'The key name of a token is part of a database query',
  references: ['OWASP API2:2023', 'RFC 8725 section 3.10', 'ASVS 5.0 1.2.4'],
  tokens: 4 + KEY_NAME_REQUESTS,
  oracle:
    'A token whose `kid` makes the query answer a key of our choice, signed with that, is taken; under an ordinary name it is not.',
  fix: 'Look `kid` up in a fixed map of loaded keys, or bind it as a parameter and refuse names that are not of your own form.',
  forge: (target, probe) =>
    namedKeyForgeries(
      target,
      probe,
      [
        `x' UNION SELECT '${SECRET}' -- `,
        `x' UNION SELECT '${SECRET}'#`,
        `x" UNION SELECT '${SECRET}' -- `,
        `0 UNION SELECT '${SECRET}' -- `,
      ].map((kid) => ({ kid, secret: SECRET, told: `whose key name is ${kid.trim()}` })),
    ),
})
