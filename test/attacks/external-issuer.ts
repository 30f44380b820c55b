import { createHmac, generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto'
import type { ExternalJwt } from 'turnpike/identity'

export interface TokenParts {
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims?: Readonly<Record<string, unknown>>
}

/** An issuer of another house. It signs with node:crypto alone, so that no mistake of the product's library is shared. */
export interface ExternalIssuer {
  readonly jwt: ExternalJwt
  /** A signed token. Members of `header` and `claims` replace the usual ones; undefined leaves one out. */
  issue(claims: Readonly<Record<string, unknown>>, now: number, parts?: TokenParts): string
}

const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

function issuer(
  jwt: ExternalJwt,
  header: Readonly<Record<string, unknown>>,
  signature: (input: string) => Buffer,
): ExternalIssuer {
  return {
    jwt,
    issue(claims, now, parts = {}) {
      const seconds = Math.floor(now / 1000)
      const payload = {
        iss: jwt.issuer,
        aud: jwt.audience,
        iat: seconds,
        exp: seconds + 900,
        jti: randomUUID(),
        ...claims,
        ...parts.claims,
      }
      const input = `${encode({ ...header, ...parts.header })}.${encode(payload)}`
      return `${input}.${signature(input).toString('base64url')}`
    },
  }
}

/** HS256 without `typ`, `iss` or `aud`: the least that teams have. */
export function sharedSecretIssuer(): ExternalIssuer {
  const secret = randomBytes(48)
  return issuer({ alg: 'HS256', key: secret }, { alg: 'HS256' }, (input) =>
    createHmac('sha256', secret).update(input).digest(),
  )
}

/** Ed25519 with a published key set. */
export function publishedKeyIssuer(): ExternalIssuer {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const jwk = publicKey.export({ format: 'jwk' }) as { kty: string; crv: string; x: string }
  const jwt: ExternalJwt = {
    alg: 'EdDSA',
    jwks: { keys: [{ ...jwk, kid: 'one', alg: 'EdDSA', use: 'sig' }] },
    issuer: 'https://issuer.example',
    audience: 'billing',
  }
  return issuer(jwt, { alg: 'EdDSA', kid: 'one', typ: 'JWT' }, (input) => sign(null, Buffer.from(input), privateKey))
}
