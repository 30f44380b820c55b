import { forgeryAttack } from './forgery-attack.ts'
import { KEY_NAME_REQUESTS, namedKeyForgeries } from './own-key-name.ts'

const UP = '../'.repeat(12)

export const kidTraversal = forgeryAttack({
  id: 'kid-traversal',
  number: 30,
  severity: 'critical',
  cwe: 22,
  title: 'The key name of a token chooses the file that it is verified with',
  references: ['OWASP API2:2023', 'RFC 8725 section 3.10', 'ASVS 5.0 9.1.3'],
  tokens: 4 + KEY_NAME_REQUESTS,
  oracle:
    'A token whose `kid` leads to a file of known content, signed with that content, is taken; under an ordinary name it is not.',
  fix: 'Look `kid` up in a fixed map of loaded keys; never build a path, a query or a URL from it.',
  forge: (target, probe) =>
    namedKeyForgeries(target, probe, [
      { kid: `${UP}dev/null`, secret: '', told: 'that names /dev/null as its key, by a relative path' },
      { kid: '/dev/null', secret: '', told: 'that names /dev/null as its key' },
      { kid: `${UP}dev/null\0`, secret: '', told: 'that names /dev/null as its key, cut by a zero byte' },
      {
        kid: `${UP}proc/sys/kernel/ostype`,
        secret: 'Linux\n',
        told: "that names a file of the operating system's as its key",
      },
    ]),
})
