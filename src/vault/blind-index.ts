import type { KeyRing } from './key-ring.ts'
import { hmacSha256 } from './keyed-hash.ts'
import { lengthPrefixed } from './length-prefixed.ts'

const INDEX_BYTES = 16

/** What to look a value up by while it is sealed. Store `current`; look up both until every row was indexed anew. */
export interface BlindIndex {
  readonly current: string
  readonly previous: string | null
}

/**
 * Makes blind indexes: HMAC-SHA256 under a key of the ring over purpose and normalized value, cut to 128 bits, base64url.
 * Equal values of one purpose have equal indexes, so a database shows who shares a value, and nothing else without the key.
 * Index every row anew between two rotations: only the active key and the one before are tried.
 */
export function blindIndexer(ring: KeyRing): (purpose: string, value: string) => BlindIndex {
  const current = ring.derive(ring.active, 'blind-index')
  const previous = ring.previous === null ? null : ring.derive(ring.previous, 'blind-index')
  return (purpose, value) => {
    if (purpose === '') {
      throw new TypeError('A blind index needs a purpose, such as "users.email", so that columns cannot be compared')
    }
    const message = lengthPrefixed([purpose, normalizeForIndex(value)])
    const index = (key: Uint8Array) => hmacSha256(key, message).subarray(0, INDEX_BYTES).toString('base64url')
    return { current: index(current.reveal()), previous: previous && index(previous.reveal()) }
  }
}

/**
 * The form in which values are compared: compatibility forms, case and outer white space do not count (`ＡＬＩＣＥ@x.io ` is `alice@x.io`).
 * Whatever counts guesses on an account must use the same form.
 */
export function normalizeForIndex(value: string): string {
  return value.normalize('NFKC').toLowerCase().normalize('NFKC').trim()
}
