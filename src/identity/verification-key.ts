import { createPublicKey, createSecretKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { fromBase64url } from '../vault/base64url.ts'
import { demandOf, type JwsAlgorithm } from './jws-algorithm.ts'
import { rsaWeakness } from './rsa-weakness.ts'

/** A key with the one algorithm that it is used with (RFC 8725 section 3.1). */
export interface VerificationKey {
  /** Null for a key without a name. */
  readonly kid: string | null
  readonly alg: JwsAlgorithm
  readonly key: KeyObject
}

export type Jwk = Readonly<Record<string, unknown>>

/**
 * Reads a key to verify with from a JWK (RFC 7517). Only its public half is kept.
 * @param minRsaBits - 2048 for keys of others, 3072 for our own.
 * @throws {RangeError} When it is made for something else (`alg`, `use`, `key_ops`, `kty`, `crv`), malformed, or too weak. Names no key material.
 */
export function verificationKey(jwk: Jwk, alg: JwsAlgorithm, minRsaBits: number): VerificationKey {
  const { kid = null } = jwk
  if (kid !== null && (typeof kid !== 'string' || kid === '' || kid.length > 255))
    throw new RangeError('the key has a kid that is no short text')
  const purpose = purposeFault(jwk, alg)
  if (purpose !== null) throw new RangeError(`the key ${purpose}`)
  const key = demandOf(alg).kty === 'oct' ? secretKey(jwk, demandOf(alg).minBytes ?? 32) : publicKey(jwk)
  assertStrong(key, alg, minRsaBits)
  return { kid, alg, key }
}

/** @throws {RangeError} When the key is of the wrong kind for the algorithm, or too weak. */
export function assertStrong(key: KeyObject, alg: JwsAlgorithm, minRsaBits: number): void {
  const { kty, minBytes = 0 } = demandOf(alg)
  const exported = key.export({ format: 'jwk' })
  if (exported.kty !== kty || exported.crv !== demandOf(alg).crv)
    throw new RangeError(`the key is not of the kind that ${alg} uses`)
  if (kty === 'oct' && !((key.symmetricKeySize ?? 0) >= minBytes))
    throw new RangeError(`the key has ${(key.symmetricKeySize ?? 0) * 8} bits; ${alg} needs ${minBytes * 8}`)
  const weakness = kty === 'RSA' ? rsaWeakness(key, minRsaBits) : null
  if (weakness !== null) throw new RangeError(`the RSA key ${weakness}`)
}

/** Whether a JWK of a set could be meant: sets also hold keys for encryption and for other algorithms. */
export function purposeFault(jwk: Jwk, alg: JwsAlgorithm): string | null {
  const { kty, crv } = demandOf(alg)
  if (jwk.alg !== undefined && jwk.alg !== alg) return `is for another algorithm than ${alg}`
  if (jwk.use !== undefined && jwk.use !== 'sig') return 'is not for signatures'
  const operations = jwk.key_ops
  if (
    operations !== undefined &&
    !(Array.isArray(operations) && (operations.includes('verify') || operations.includes('sign')))
  )
    return 'is not for signatures'
  if (jwk.kty !== kty || jwk.crv !== crv) return `is not of the kind that ${alg} uses (${crv ?? kty})`
  return null
}

function secretKey(jwk: Jwk, minBytes: number): KeyObject {
  const bytes = typeof jwk.k === 'string' ? fromBase64url(jwk.k) : null
  if (!bytes) throw new RangeError('the key has no "k" in base64url without padding')
  if (!(bytes.byteLength >= minBytes))
    throw new RangeError(`the key has ${bytes.byteLength * 8} bits, not ${minBytes * 8}`)
  return createSecretKey(bytes)
}

function publicKey(jwk: Jwk): KeyObject {
  const { kty, crv, x, y, n, e } = jwk
  try {
    // The private half stays out: a verifier that holds it could sign.
    return createPublicKey({ format: 'jwk', key: JSON.parse(JSON.stringify({ kty, crv, x, y, n, e })) as JsonWebKey })
  } catch {
    throw new RangeError('the key is malformed')
  }
}
