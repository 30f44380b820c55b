import { hash } from 'node:crypto'
import { BoundedCache } from './bounded-cache.ts'
import type { Authenticated, Rejected } from './identity.ts'

/**
 * Remembers credentials that were verified; never those that were refused, so that guessing fills nothing.
 * Keyed by SHA-256 of the whole credential and the policy it was verified under: another signature, issuer or key ring is another key.
 * Whoever gets a hit still has the expiry checked here and the standing asked in step 5.
 */
export class VerifiedCache {
  readonly #cache: BoundedCache<Authenticated>
  readonly #policy: string
  constructor(size: number, policy: unknown) {
    this.#cache = new BoundedCache(size)
    this.#policy = hash('sha256', JSON.stringify(policy), 'base64url')
  }

  keyOf(credential: string): string {
    return hash('sha256', `${this.#policy} ${credential}`, 'base64url')
  }

  /** Undefined when it is not known. */
  get(key: string, now: number): Authenticated | Rejected | undefined {
    const known = this.#cache.get(key)
    if (known === undefined || now < known.expiresAt) return known
    this.#cache.delete(key)
    return { rejected: 'expired', detail: 'the credential expired' }
  }

  set(key: string, verified: Authenticated): void {
    this.#cache.set(key, verified)
  }

  get count(): number {
    return this.#cache.count
  }
}
