import type { Probe } from '../../probe.ts'
import { NotTested } from '../../verdict.ts'
import { forgeryAttack } from './forgery-attack.ts'
import { hmacToken, type Jwt } from './jwt.ts'
import { KEYS_REQUESTS, type PublishedKey, publishedKeys } from './published-keys.ts'

export const algorithmConfusion = forgeryAttack({
  id: 'algorithm-confusion',
  number: 27,
  severity: 'critical',
  cwe: 327,
  title: 'The published public key is taken for a shared secret',
  references: ['OWASP API2:2023', 'RFC 8725 section 2.1', 'ASVS 5.0 9.1.2'],
  tokens: 8 + KEYS_REQUESTS,
  oracle:
    'The real claims, signed with HS256 and a spelling of the published key as the secret, are answered as the real token is.',
  fix: 'Bind each key to one algorithm: verify with the algorithms of the public key only, never with what the token names.',
  async forge({ jwt }, probe) {
    const { jwk, key } = await keyOf(jwt, probe)
    return secretsOf({ jwk, key }).map(({ told, secret }) => ({
      told: `signed with HS256 and the public key as its secret (${told})`,
      token: hmacToken({ ...jwt.header, alg: 'HS256' }, jwt.claims, secret),
    }))
  },
})

/** The published key that the token names, or the first. */
async function keyOf({ header }: Jwt, probe: Probe): Promise<PublishedKey> {
  const keys = await publishedKeys(probe)
  const found = keys.find(({ jwk }) => jwk.kid !== undefined && jwk.kid === header.kid) ?? keys[0]
  if (found) return found
  throw new NotTested(
    `tokens are signed with ${String(header.alg)} and no public key is published: no JWKS operation, none at the usual paths`,
  )
}

interface Spelling {
  readonly told: string
  readonly secret: string | Buffer
}

/** How a verifier may hold the key in memory: as the file's text, its bytes, or the JSON it came from. */
function secretsOf({ jwk, key }: PublishedKey): readonly Spelling[] {
  const spki = key.export({ type: 'spki', format: 'pem' }).toString()
  const bare = typeof jwk.x === 'string' ? Buffer.from(jwk.x, 'base64url') : null
  const pkcs1 = key.asymmetricKeyType === 'rsa' ? key.export({ type: 'pkcs1', format: 'pem' }).toString() : null
  return [
    { told: 'SPKI PEM', secret: spki },
    { told: 'SPKI PEM without the last line feed', secret: spki.trimEnd() },
    ...(pkcs1 === null
      ? []
      : [
          { told: 'PKCS#1 PEM', secret: pkcs1 },
          { told: 'PKCS#1 PEM without the last line feed', secret: pkcs1.trimEnd() },
        ]),
    { told: 'DER', secret: key.export({ type: 'spki', format: 'der' }) },
    { told: 'its JWK', secret: JSON.stringify(jwk) },
    ...(bare === null ? [] : [{ told: 'its bare bytes', secret: bare }]),
  ]
}
