import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { Secret } from '../base/secret.ts'
import { KEY_BYTES, keyWeakness } from './key-weakness.ts'
import { hkdfSha256 } from './keyed-hash.ts'

/** Names of keys. */
export const KID = /^[A-Za-z0-9_-]{1,32}$/
const PURPOSE = /^[a-z][a-z0-9-]{0,63}$/

/** A root key with its name. The name is public: it is stored beside what the key protects. */
export interface RingKey {
  readonly kid: string
  readonly root: Secret<Uint8Array>
}

/**
 * Named 256-bit root keys, newest first. The first is active: it protects what is new; the others still open what is old.
 * Nothing is ever encrypted with a root: each purpose gets a key of its own (HKDF-SHA256, RFC 5869), so that one key serves one algorithm.
 * JSON, string conversion and inspection show no key. Make one with `parseKeyRing` or `generateKeyRing`.
 */
export class KeyRing {
  readonly #keys: ReadonlyMap<string, Secret<Uint8Array>>
  readonly #kids: readonly string[]

  /** @throws {RangeError} Without keys, or for a name or key that is malformed, repeated or weak. */
  constructor(keys: readonly RingKey[]) {
    this.#keys = new Map(keys.map(({ kid, root }) => [kid, root]))
    this.#kids = Object.freeze([...this.#keys.keys()])
    if (keys.length === 0) throw new RangeError('A key ring needs at least one key; make one with generateKeyRing()')
    if (this.#kids.length !== keys.length) throw new RangeError('A key ring names each key once')
    for (const { kid, root } of keys) {
      const fault = KID.test(kid) ? keyWeakness(root.reveal()) : 'has no name of 1 to 32 letters, digits, "_" or "-"'
      if (fault !== null) throw new RangeError(`Key "${kid}" ${fault}`)
    }
  }

  get active(): string {
    return this.#kids[0] as string
  }

  /** The key that was active before, while it is kept. */
  get previous(): string | null {
    return this.#kids[1] ?? null
  }

  get kids(): readonly string[] {
    return this.#kids
  }

  has(kid: string): boolean {
    return this.#keys.has(kid)
  }

  /**
   * The 256-bit key of a purpose: `wrap`, `blind-index`, `audit-sign` and so on. The same kid and purpose always give the same key.
   * @throws {RangeError} For a key that is not in the ring or a purpose that is not lower case with hyphens.
   */
  derive(kid: string, purpose: string): Secret<Uint8Array> {
    if (!PURPOSE.test(purpose)) throw new RangeError(`"${purpose}" is no purpose; write for example "audit-sign"`)
    const root = this.#keys.get(kid)
    if (!root) throw new RangeError(`The key ring has no key "${kid}"; it has ${this.#kids.join(', ')}`)
    return new Secret<Uint8Array>(hkdfSha256(root.reveal(), 'turnpike key ring 1', purpose, KEY_BYTES))
  }

  /** The text that `parseKeyRing` reads, for the file or the secret manager that keeps the ring. */
  export(): Secret {
    const keys = [...this.#keys].map(([kid, root]) => ({ kid, key: Buffer.from(root.reveal()).toString('base64url') }))
    return new Secret(`${JSON.stringify({ keys }, null, 2)}\n`)
  }

  /** The keys themselves still hidden. */
  entries(): readonly RingKey[] {
    return [...this.#keys].map(([kid, root]) => ({ kid, root }))
  }

  toString(): string {
    return `KeyRing(${this.#kids.join(', ')})`
  }
  toJSON(): string {
    return this.toString()
  }
  [inspect.custom](): string {
    return this.toString()
  }
}

export function generateKeyRing(): KeyRing {
  return new KeyRing([newKey([])])
}

/** A ring with a new active key; the old ones still open. Give every node the new ring, then run the vault's `rewrapAll` and index anew. */
export function rotate(ring: KeyRing): KeyRing {
  return new KeyRing([newKey(ring.kids), ...ring.entries()])
}

/**
 * A ring without one old key: whatever is still wrapped, indexed or signed under it is lost.
 * @throws {RangeError} For the active key or one that is not in the ring.
 */
export function retire(ring: KeyRing, kid: string): KeyRing {
  if (!ring.has(kid)) throw new RangeError(`The key ring has no key "${kid}"; it has ${ring.kids.join(', ')}`)
  if (kid === ring.active) throw new RangeError(`"${kid}" is the active key; call rotate(ring) first`)
  return new KeyRing(ring.entries().filter((key) => key.kid !== kid))
}

function newKey(taken: readonly string[]): RingKey {
  // Random, so that the name of a retired key never comes back.
  const kid = `k${randomBytes(4).toString('hex')}`
  const root = randomBytes(KEY_BYTES)
  // One key in ten million looks weak; a ring with it could not be loaded again.
  return taken.includes(kid) || keyWeakness(root) !== null ? newKey(taken) : { kid, root: new Secret<Uint8Array>(root) }
}
