import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { StoreError } from '../base/store-error.ts'
import { decrypt, encrypt } from './aead.ts'
import { fromBase64url } from './base64url.ts'
import type { KeyRing } from './key-ring.ts'
import { lengthPrefixed } from './length-prefixed.ts'

/** A data key as it is stored: encrypted under the ring's key `kid`, bound to its subject. */
export interface WrappedKey {
  readonly subject: string
  readonly kid: string
  /** base64url */
  readonly wrapped: string
}

export interface Wrapper {
  /** A new random data key, wrapped under the active key. */
  create(subject: string): WrappedKey
  /** @throws {StoreError} When the ring lacks the key it is wrapped under, or the record was changed or moved. */
  unwrap(stored: WrappedKey): KeyObject
  /** The same data key under the active key; null when it is there already. */
  rewrap(stored: WrappedKey): WrappedKey | null
}

export function wrapper(ring: KeyRing): Wrapper {
  const keys = new Map(ring.kids.map((kid) => [kid, createSecretKey(ring.derive(kid, 'wrap').reveal())]))
  const wrap = (subject: string, dataKey: Uint8Array): WrappedKey => {
    const sealed = encrypt(keys.get(ring.active) as KeyObject, dataKey, context(subject, ring.active))
    return { subject, kid: ring.active, wrapped: sealed.toString('base64url') }
  }
  const unwrap = ({ subject, kid, wrapped }: WrappedKey): Buffer => {
    const key = keys.get(kid)
    if (!key) {
      throw new StoreError(
        `The data key of "${subject}" is wrapped under "${kid}", which is not in the key ring (${ring.kids.join(', ')})`,
      )
    }
    const sealed = fromBase64url(wrapped)
    const dataKey = sealed && decrypt(key, sealed, context(subject, kid))
    if (dataKey?.byteLength !== 32) {
      throw new StoreError(`The data key of "${subject}" was changed or moved: it does not open under "${kid}"`)
    }
    return dataKey
  }
  return {
    create: (subject) => wrap(subject, randomBytes(32)),
    unwrap: (stored) => createSecretKey(unwrap(stored)),
    rewrap: (stored) => (stored.kid === ring.active ? null : wrap(stored.subject, unwrap(stored))),
  }
}

function context(subject: string, kid: string): Buffer {
  return lengthPrefixed(['turnpike wrap 1', subject, kid])
}
