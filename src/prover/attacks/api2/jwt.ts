import { createHmac, type KeyObject, sign } from 'node:crypto'

/** A JWS in compact form, taken apart. Nothing is verified. */
export interface Jwt {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  readonly signature: Buffer
  /** Header and payload as they stand in the token: what was signed. */
  readonly signed: string
}

/** Null for anything that is no signed JWT: opaque tokens, API keys, encrypted ones. */
export function parseJwt(token: string): Jwt | null {
  const [head, payload, signature, ...more] = token.split('.')
  if (head === undefined || payload === undefined || signature === undefined || more.length > 0) return null
  const header = jsonObject(head)
  const claims = jsonObject(payload)
  if (header === null || claims === null || typeof header.alg !== 'string') return null
  return { header, claims, signature: Buffer.from(signature, 'base64url'), signed: `${head}.${payload}` }
}

function jsonObject(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
  } catch {
    return null
  }
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Header and payload, ready to be signed. */
export const signingInput = (header: object, claims: object): string => `${encoded(header)}.${encoded(claims)}`

/** The compact form with any bytes as the signature. */
export const compact = (input: string, signature: Uint8Array): string =>
  `${input}.${Buffer.from(signature).toString('base64url')}`

/** What a forged header has to say, and whatever else it holds. */
type Header = Readonly<Record<string, unknown>> & { readonly alg: string }

/** Signed with a shared secret. @param header - `alg` says HS256, HS384 or HS512. */
export function hmacToken(header: Header, claims: object, secret: string | Uint8Array): string {
  const input = signingInput(header, claims)
  return compact(input, hmac(header.alg, input, secret))
}

export const hmac = (alg: string, input: string, secret: string | Uint8Array): Buffer =>
  createHmac(`sha${alg.slice(2)}`, secret)
    .update(input)
    .digest()

/** Signed with a private key. @param header - `alg` says RS256, ES256 or EdDSA. */
export function signedToken(header: Header, claims: object, key: KeyObject): string {
  const input = signingInput(header, claims)
  const digest = header.alg === 'EdDSA' ? null : 'sha256'
  return compact(input, sign(digest, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }))
}
