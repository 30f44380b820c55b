import { type Clock, systemClock } from '../base/clock.ts'
import { type BlindIndex, blindIndexer } from './blind-index.ts'
import { type DataKeyStore, DataKeys, type OpenTransactions } from './data-keys.ts'
import { KeyRing } from './key-ring.ts'
import { mask as applyMask, type Mask } from './masks.ts'
import { assertPlace, isSealed, openValue, type Place, type Sealable, sealValue } from './seal.ts'
import { Sealed } from './sealed.ts'
import { wrapper } from './wrap.ts'

/** A value was opened outside the projection of a reply. Never the value itself. */
export interface RevealEvent extends Place {
  readonly reason: string
}

export interface VaultOptions {
  readonly ring: KeyRing
  readonly dataKeys: DataKeyStore
  /** Unwrapped data keys kept in memory. Default 10,000 subjects. */
  readonly cacheSize?: number
  /** How long a key that another node destroyed may still open here. Default 300 seconds. */
  readonly cacheSeconds?: number
  /** Needed when the store's writes join a transaction: a key that was rolled back must seal nothing. `State` has this shape. */
  readonly transactions?: OpenTransactions
  /** Records a reveal. When it fails, the value is not given out. */
  readonly onReveal?: (event: RevealEvent) => void | Promise<void>
  readonly clock?: Clock
}

export interface Vault {
  /** @throws {TypeError} For what cannot be sealed. @throws {Refusal} `conflict` when the subject was destroyed. */
  seal(value: Sealable, place: Place): Promise<string>
  /** Null when the subject's key was destroyed. @throws {Refusal} `internal` when the text was changed or moved. */
  open<T extends Sealable = Sealable>(text: string, place: Place): Promise<T | null>
  /** Like `open`, at once. @throws {TypeError} When the subject was not preloaded. */
  openSync<T extends Sealable = Sealable>(text: string, place: Place): T | null
  /** Wraps a stored text for handlers. Its mask is shown where it is printed, once the subject is preloaded; before, `[sealed]`. */
  sealed<T extends Sealable = Sealable>(text: string, place: Place, mask?: Mask): Sealed<T>
  isSealed(text: string): boolean
  /** Loads keys for `openSync`, in one round trip. Call it anew for each reply. @throws {RangeError} For more subjects than `cacheSize`. */
  preload(subjects: readonly string[]): Promise<void>
  blindIndex(purpose: string, value: string): BlindIndex
  /** Destroys the subject's key, and with it everything sealed for the subject. */
  destroy(subject: string): Promise<void>
  /** After a rotation. @returns How many data keys were wrapped anew. @throws {StoreError} When some could not be. */
  rewrapAll(): Promise<number>
}

const OPTIONS = ['ring', 'dataKeys', 'cacheSize', 'cacheSeconds', 'transactions', 'onReveal', 'clock']

/** @throws {TypeError} For a missing or unknown option. @throws {RangeError} For a cache size or age that is not a whole, positive number. */
export function createVault(options: VaultOptions): Vault {
  check(options)
  const { ring, onReveal, cacheSize = 10_000, cacheSeconds = 300, transactions = null, clock = systemClock } = options
  const keys = new DataKeys({
    store: options.dataKeys,
    wrapper: wrapper(ring),
    cacheSize,
    cacheSeconds,
    transactions,
    clock,
  })

  async function open<T extends Sealable>(text: string, place: Place): Promise<T | null> {
    assertPlace(place)
    const key = await keys.forOpening(place.subject)
    return key && (openValue(key, text, place) as T)
  }

  async function reveal<T extends Sealable>(text: string, place: Place, reason: string): Promise<T | null> {
    const value = await open<T>(text, place)
    const { tenant, table, column, id, subject } = place
    if (value !== null) await onReveal?.({ reason, tenant, table, column, id, subject })
    return value
  }

  function peek(text: string, place: Place): Sealable | null {
    const key = keys.preloaded(place.subject)
    return key ? openValue(key, text, place) : null
  }

  return {
    async seal(value, place) {
      assertPlace(place)
      return sealValue(await keys.forSealing(place.subject), value, place)
    },
    open,
    openSync<T extends Sealable>(text: string, place: Place) {
      if (keys.preloaded(place.subject) === undefined) {
        throw new TypeError(`The key of subject "${place.subject}" is not at hand; await preload([subject]) first`)
      }
      return peek(text, place) as T | null
    },
    sealed<T extends Sealable>(text: string, given: Place, mask?: Mask) {
      assertPlace(given)
      const place = Object.freeze({ ...given })
      const masked = (): string | null => {
        const value = mask === undefined ? null : peek(text, place)
        return mask === undefined || value === null ? null : applyMask(mask, value)
      }
      return new Sealed<T>({ ciphertext: text, place, masked, reveal: (reason) => reveal<T>(text, place, reason) })
    },
    isSealed,
    preload: (subjects) => keys.preload(subjects),
    blindIndex: blindIndexer(ring),
    destroy: (subject) => keys.destroy(subject),
    rewrapAll: () => keys.rewrapAll(),
  }
}

function check(options: VaultOptions): void {
  const unknown = Object.keys(options).filter((name) => !OPTIONS.includes(name))
  if (unknown.length > 0) {
    throw new TypeError(`createVault does not know ${unknown.join(', ')}; it knows ${OPTIONS.join(', ')}`)
  }
  if (!(options.ring instanceof KeyRing)) {
    throw new TypeError('createVault needs a ring: parseKeyRing(text) or fileKeyRing(path)')
  }
  if (typeof options.dataKeys?.load !== 'function') {
    throw new TypeError('createVault needs dataKeys, the store of wrapped keys')
  }
  for (const name of ['cacheSize', 'cacheSeconds'] as const) {
    const value = options[name] ?? 1
    if (!(Number.isSafeInteger(value) && value > 0)) {
      throw new RangeError(`${name} is ${String(value)}; write a whole number from 1`)
    }
  }
}
