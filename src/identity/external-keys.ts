import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'
import { Secret } from '../base/secret.ts'
import { demandOf, isSymmetric, type JwsAlgorithm } from './jws-algorithm.ts'
import { secretWeakness } from './secret-weakness.ts'
import { assertStrong, type Jwk, purposeFault, type VerificationKey, verificationKey } from './verification-key.ts'

export interface ExternalJwt {
  /** The one algorithm of the issuer's tokens. What a token says of itself changes nothing. */
  readonly alg: JwsAlgorithm
  /** A PEM or JWK; for HS256 to HS512 the secret, as text, bytes or JWK. Give `key` or `jwks`. */
  readonly key?: string | Uint8Array | Secret | Secret<Uint8Array> | Jwk
  /** A JWK Set. Keys for other purposes are passed over. */
  readonly jwks?: { readonly keys: readonly Jwk[] }
  readonly issuer?: string
  readonly audience?: string
  /** The type that `typ` must say. Default: none, `JWT` or `at+jwt`. */
  readonly typ?: string
  /** Tokens that live longer are refused. Default 86,400. */
  readonly maxLifetimeSeconds?: number
  /** How far the issuer's clock may run ahead. Default 5, at most 300. */
  readonly toleranceSeconds?: number
}

const MIN_RSA_BITS = 2048
const DER_SEQUENCE = 0x30

/** The keys of another issuer. @throws {RangeError} When there is none, or one is weak, of the wrong kind or there twice. Names no key. */
export function externalKeys({ alg, key, jwks }: ExternalJwt): readonly VerificationKey[] {
  if ((key === undefined) === (jwks === undefined)) throw new RangeError('give jwt.key or jwt.jwks, one of them')
  if (jwks !== undefined) return keysOfSet(jwks, alg)
  const given = key instanceof Secret ? key.reveal() : key
  if (typeof given === 'string' || given instanceof Uint8Array)
    return [{ kid: null, alg, key: isSymmetric(alg) ? secretOf(given, alg) : publicOf(given, alg) }]
  if (typeof given !== 'object' || given === null) throw new RangeError('jwt.key must be a text, bytes or a JWK')
  return [strong(given, alg)]
}

function keysOfSet(jwks: { readonly keys: readonly Jwk[] }, alg: JwsAlgorithm): readonly VerificationKey[] {
  if (!Array.isArray(jwks?.keys) || !jwks.keys.every((jwk) => typeof jwk === 'object' && jwk !== null))
    throw new RangeError('jwt.jwks must be { keys: [JWK, …] }')
  const symmetric = jwks.keys.filter((jwk) => jwk.kty === 'oct').length
  if (symmetric > 0 && symmetric < jwks.keys.length) throw new RangeError('jwt.jwks mixes secret and public keys')
  const kids = jwks.keys.flatMap(({ kid }) => (kid === undefined ? [] : [kid]))
  if (new Set(kids).size !== kids.length) throw new RangeError('jwt.jwks has two keys of one kid')
  const meant = jwks.keys.filter((jwk) => purposeFault(jwk, alg) === null)
  if (meant.length === 0) throw new RangeError(`jwt.jwks has no key for ${alg}`)
  if (meant.length > 1 && meant.some(({ kid }) => kid === undefined))
    throw new RangeError('jwt.jwks has several keys, and one of them has no kid')
  return meant.map((jwk) => strong(jwk, alg))
}

function strong(jwk: Jwk, alg: JwsAlgorithm): VerificationKey {
  const read = verificationKey(jwk, alg, MIN_RSA_BITS)
  if (isSymmetric(alg)) assertSecret(read.key.export(), alg)
  return read
}

function secretOf(given: string | Uint8Array, alg: JwsAlgorithm): KeyObject {
  const bytes = typeof given === 'string' ? Buffer.from(given) : given
  if (isPublicKey(bytes))
    throw new RangeError(
      `jwt.key is a public key, and whoever knows it could sign ${alg} tokens; set jwt.alg to the algorithm of that key`,
    )
  assertSecret(bytes, alg)
  return createSecretKey(bytes)
}

function assertSecret(bytes: Uint8Array, alg: JwsAlgorithm): void {
  const weakness = secretWeakness(bytes, demandOf(alg).minBytes ?? 32)
  if (weakness !== null) throw new RangeError(`the ${alg} secret ${weakness}; make one with "openssl rand -base64 48"`)
}

function publicOf(given: string | Uint8Array, alg: JwsAlgorithm): KeyObject {
  const key = readPublicKey(given)
  if (!key) throw new RangeError('jwt.key is no public key; write a PEM (SPKI or certificate), its DER or a JWK')
  assertStrong(key, alg, MIN_RSA_BITS)
  return key
}

function readPublicKey(given: string | Uint8Array): KeyObject | null {
  const text = Buffer.from(given).toString('latin1').trim()
  try {
    return text.startsWith('-----BEGIN')
      ? createPublicKey(text)
      : createPublicKey({ key: Buffer.from(given), format: 'der', type: 'spki' })
  } catch {
    return null
  }
}

/** PEM, PEM after white space, or DER: the classic confusion takes each of them for a secret (RFC 8725 section 2.1). */
function isPublicKey(bytes: Uint8Array): boolean {
  return Buffer.from(bytes).includes('-----BEGIN') || (bytes[0] === DER_SEQUENCE && readPublicKey(bytes) !== null)
}
