import { createHmac, createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject, sign } from 'node:crypto'
import { Inconclusive } from './attack.ts'
import type { Target } from './harness.ts'
import type { Person } from './people.ts'

type Members = Readonly<Record<string, unknown>>

/** A real token of somebody, taken apart: forgeries that keep its claims would be worth something. */
export interface CapturedToken {
  readonly token: string
  readonly header: Members
  readonly claims: Members
  readonly signature: string
}

export const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

export async function capture({ credential }: Person): Promise<CapturedToken> {
  const token = (await credential()) ?? ''
  const [header = '', claims = '', signature = ''] = token.split('.')
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Members
  return { token, header: read(header), claims: read(claims), signature }
}

/** A token as somebody without the target's key can make it: `key` is HMAC bytes, a private key, or the signature itself as text. */
export function forge(header: Members, claims: Members | string, key: Uint8Array | KeyObject | string): string {
  const input = `${encode(header)}.${encode(claims)}`
  if (typeof key === 'string') return `${input}.${key}`
  return `${input}.${(key instanceof Uint8Array ? hmac(String(header.alg), key, input) : signature(input, key)).toString('base64url')}`
}

export function hmac(alg: string, secret: Uint8Array, input: string): Buffer {
  return createHmac(`sha${/\d+$/.exec(alg)?.[0] ?? '256'}`, secret)
    .update(input)
    .digest()
}

function signature(input: string, key: KeyObject): Buffer {
  const digest = key.asymmetricKeyType === 'ed25519' ? null : 'sha256'
  return sign(digest, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
}

/** A token with the target's own signature over whatever we like: what a mistake of its issuer, or another service's token, looks like. */
export function reallySigned(target: Target, header: Members, claims: Members): string {
  const { tokenKeys, issuer } = target
  if (tokenKeys) {
    const jwk = JSON.parse(tokenKeys.active.jwk.reveal()) as JsonWebKey
    return forge(header, claims, createPrivateKey({ format: 'jwk', key: jwk }))
  }
  if (!issuer) throw new Inconclusive('nobody signs tokens here')
  const unset = Object.fromEntries(['iss', 'aud', 'iat', 'exp', 'jti'].map((name) => [name, claims[name]]))
  return issuer.issue(claims, target.clock.now(), { header, claims: unset })
}

/** The public keys that anybody can fetch. None where the issuer's key is a secret. */
export async function publishedKeys(target: Target): Promise<readonly KeyObject[]> {
  const published = target.issuer?.jwt.jwks ?? (await target.call('GET /.well-known/jwks.json')).json
  return ((published?.keys ?? []) as JsonWebKey[]).map((key) => createPublicKey({ format: 'jwk', key }))
}

/** The spellings of a public key that have been taken for HMAC secrets (RFC 8725 section 2.1). */
export function spellingsOf(key: KeyObject): readonly Uint8Array[] {
  const pem = key.export({ type: 'spki', format: 'pem' }) as string
  const der = key.export({ type: 'spki', format: 'der' })
  const jwk = key.export({ format: 'jwk' })
  const texts = [
    pem,
    pem.trimEnd(),
    `\n ${pem}`,
    pem.replaceAll('\n', '\r\n'),
    pem.replaceAll('\n', '\\n'),
    der.toString('base64'),
    JSON.stringify(jwk),
    JSON.stringify({ keys: [jwk] }),
    String(jwk.x),
    Buffer.from(String(jwk.x), 'base64url').toString('hex'),
  ]
  return [...texts.map((text) => Buffer.from(text)), der, Buffer.from(String(jwk.x), 'base64url')]
}
