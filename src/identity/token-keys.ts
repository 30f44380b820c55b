import {
  createPrivateKey,
  createSecretKey,
  generateKeyPair,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { inspect, promisify } from 'node:util'
import { Secret } from '../base/secret.ts'
import { isJwsAlgorithm, isSymmetric } from './jws-algorithm.ts'
import { isText, secretWeakness } from './secret-weakness.ts'
import { type Jwk, type VerificationKey, verificationKey } from './verification-key.ts'

/** Algorithms that we sign with. */
export type SigningAlgorithm = 'EdDSA' | 'ES256' | 'RS256' | 'HS256'
export const SIGNING_ALGORITHMS: readonly string[] = ['EdDSA', 'ES256', 'RS256', 'HS256']
const MIN_RSA_BITS = 3072
const KID = /^[A-Za-z0-9_-]{1,64}$/
const STATES: readonly unknown[] = ['active', 'verifying', 'retired']
const PUBLIC_MEMBERS = ['kty', 'crv', 'x', 'y', 'n', 'e'] as const
const HOW = 'write a private JWK with kid and alg, or {"keys":[…]} with the active one first'

/** A key that signs (one), still verifies what it signed, or is only remembered, so that its name never comes back. */
export interface TokenKey {
  readonly kid: string
  readonly alg: SigningAlgorithm
  readonly state: 'active' | 'verifying' | 'retired'
  readonly verifier: VerificationKey | null
  readonly signer: KeyObject | null
  /** Milliseconds: since when it signs no more. Null for the active key, and where nobody wrote it down. */
  readonly verifyingSince: number | null
  readonly jwk: Secret<string>
}

/** What `/.well-known/jwks.json` shows (RFC 7517): public members only, and no secret keys. */
export interface JwksDocument {
  readonly keys: readonly Readonly<Record<string, string>>[]
}

/** The keys of access tokens. Each has one algorithm (RFC 8725 section 3.1). Printing shows names only. */
export class TokenKeys {
  readonly #keys: readonly TokenKey[]

  constructor(keys: readonly TokenKey[]) {
    if (new Set(keys.map(({ kid }) => kid)).size !== keys.length)
      throw new RangeError('token keys: a kid is there twice')
    if (keys.filter(({ state }) => state === 'active').length !== 1)
      throw new RangeError('token keys: exactly one key is active')
    this.#keys = Object.freeze([...keys])
  }

  get active(): TokenKey & { readonly signer: KeyObject } {
    return this.#keys.find(({ state }) => state === 'active') as TokenKey & { readonly signer: KeyObject }
  }

  get all(): readonly TokenKey[] {
    return this.#keys
  }

  get verifiers(): readonly VerificationKey[] {
    return this.#keys.flatMap(({ verifier }) => verifier ?? [])
  }

  jwks(): JwksDocument {
    return { keys: this.verifiers.flatMap((key) => (isSymmetric(key.alg) ? [] : [publicJwk(key)])) }
  }

  /** The text that `parseTokenKeys` reads. */
  export(): Secret {
    return new Secret(`${JSON.stringify({ keys: this.#keys.map(({ jwk }) => JSON.parse(jwk.reveal())) }, null, 2)}\n`)
  }

  toString(): string {
    return `TokenKeys(${this.#keys.map(({ kid, state }) => `${kid} ${state}`).join(', ')})`
  }
  toJSON(): string {
    return this.toString()
  }
  [inspect.custom](): string {
    return this.toString()
  }
}

/** One new active key. Ed25519 by default; RS256 keys have 3072 bits, HS256 keys 256. */
export async function generateTokenKeys(alg: SigningAlgorithm = 'EdDSA'): Promise<TokenKeys> {
  return new TokenKeys([await newKey(alg)])
}

/** A new active key; the old ones still verify, for as long as tokens signed with them live. Then retire them. */
export async function rotateTokenKeys(
  keys: TokenKeys,
  alg: SigningAlgorithm = keys.active.alg,
  at: Date = new Date(),
): Promise<TokenKeys> {
  const old = keys.all.map((key) =>
    key.state === 'active'
      ? readKey(
          { ...JSON.parse(key.jwk.reveal()), state: 'verifying', verifying_since: Math.floor(at.getTime() / 1000) },
          'verifying',
        )
      : key,
  )
  return new TokenKeys([await newKey(alg), ...old])
}

/** Forgets the key and keeps its name: what it signed is refused from now on. @throws {RangeError} For the active key or an unknown one. */
export function retireTokenKey(keys: TokenKeys, kid: string): TokenKeys {
  const known = keys.all.find((key) => key.kid === kid)
  if (!known) throw new RangeError(`there is no token key "${kid}"`)
  if (known.state === 'active') throw new RangeError(`"${kid}" is the active token key; call rotateTokenKeys first`)
  return new TokenKeys(
    keys.all.map((key) => (key === known ? readKey({ kid, alg: key.alg, state: 'retired' }, 'retired') : key)),
  )
}

/**
 * Reads token keys: a private JWK, or a set whose first key is active and whose others verify (`state` says otherwise: `active`, `verifying`, `retired`).
 * @throws {RangeError} For keys that are missing, malformed, weak, or of an algorithm that we do not sign with: every fault at once, showing no key.
 */
export function parseTokenKeys(text: string | Secret): TokenKeys {
  const entries = readEntries(typeof text === 'string' ? text : text.reveal())
  const keys: TokenKey[] = []
  const faults: string[] = []
  for (const [index, jwk] of entries.entries()) {
    try {
      keys.push(readKey(jwk, index === 0 ? 'active' : 'verifying'))
    } catch (error) {
      faults.push(
        `key ${typeof jwk.kid === 'string' && KID.test(jwk.kid) ? `"${jwk.kid}"` : `number ${index + 1}`}: ${(error as Error).message}`,
      )
    }
  }
  if (faults.length > 0) throw new RangeError(`The token keys are not safe: ${faults.join('; ')}. To mend it, ${HOW}`)
  return new TokenKeys(keys)
}

function readEntries(text: string): readonly Jwk[] {
  try {
    const value = JSON.parse(text) as { keys?: unknown } | null
    const entries = Array.isArray(value?.keys) ? value.keys : [value]
    if (entries.length > 0 && entries.every((entry) => typeof entry === 'object' && entry !== null))
      return entries as readonly Jwk[]
  } catch {
    // The parser's own message quotes the text, keys included.
  }
  throw new RangeError(`The token keys are missing or malformed; ${HOW}`)
}

function readKey(jwk: Jwk, usual: 'active' | 'verifying' | 'retired'): TokenKey {
  const { kid, alg, state = usual } = jwk
  if (typeof kid !== 'string' || !KID.test(kid))
    throw new RangeError('it has no kid of 1 to 64 letters, digits, "_" or "-"')
  if (!isJwsAlgorithm(alg) || !SIGNING_ALGORITHMS.includes(alg))
    throw new RangeError(`its alg must be one of ${SIGNING_ALGORITHMS.join(', ')}`)
  if (!STATES.includes(state)) throw new RangeError(`its state must be one of ${STATES.join(', ')}`)
  const since = state === 'verifying' && Number.isSafeInteger(jwk.verifying_since) ? Number(jwk.verifying_since) : null
  const shared = { kid, alg: alg as SigningAlgorithm, state: state as TokenKey['state'] }
  const verifyingSince = since === null ? null : since * 1000
  if (state === 'retired')
    return { ...shared, verifyingSince, verifier: null, signer: null, jwk: new Secret(JSON.stringify(shared)) }
  const verifier = verificationKey(jwk, alg, MIN_RSA_BITS)
  if (isSymmetric(alg)) assertRandom(verifier.key)
  const signer = state === 'active' ? signingKey(jwk, verifier) : null
  return { ...shared, verifyingSince, verifier, signer, jwk: new Secret(JSON.stringify({ ...jwk, state })) }
}

function assertRandom(key: KeyObject): void {
  const bytes = key.export()
  const weakness = isText(bytes) ? 'is text, not random bytes' : secretWeakness(bytes, 32)
  if (weakness !== null) throw new RangeError(`the secret ${weakness}`)
}

function signingKey(jwk: Jwk, verifier: VerificationKey): KeyObject {
  if (isSymmetric(verifier.alg)) return createSecretKey(verifier.key.export())
  try {
    return createPrivateKey({ format: 'jwk', key: jwk as JsonWebKey })
  } catch {
    throw new RangeError('it has no usable private half, so it cannot be active')
  }
}

function publicJwk({ kid, alg, key }: VerificationKey): Readonly<Record<string, string>> {
  const members: JsonWebKey = key.export({ format: 'jwk' })
  const shown = PUBLIC_MEMBERS.flatMap((name) =>
    typeof members[name] === 'string' ? [[name, members[name]] as const] : [],
  )
  return { ...Object.fromEntries(shown), kid: kid as string, alg, use: 'sig' }
}

async function newKey(alg: SigningAlgorithm): Promise<TokenKey> {
  const kid = randomBytes(8).toString('base64url')
  return readKey({ ...(await newPrivateJwk(alg)), kid, alg, use: 'sig' }, 'active')
}

const pair = promisify(generateKeyPair)

async function newPrivateJwk(alg: SigningAlgorithm): Promise<JsonWebKey> {
  if (alg === 'HS256') return { kty: 'oct', k: randomBytes(32).toString('base64url') }
  const made =
    alg === 'EdDSA'
      ? await pair('ed25519')
      : alg === 'ES256'
        ? await pair('ec', { namedCurve: 'P-256' })
        : await pair('rsa', { modulusLength: MIN_RSA_BITS })
  return made.privateKey.export({ format: 'jwk' })
}
