import { inspect } from 'node:util'
import type { Place, Sealable } from './seal.ts'

const HIDDEN = '[sealed]'

export interface SealedParts<T extends Sealable> {
  readonly ciphertext: string
  readonly place: Place
  /** Opens and records it. */
  readonly reveal: (reason: string) => Promise<T | null>
  /** The masked value, null when it cannot be had at once. */
  readonly masked: () => string | null
}

/**
 * A sealed value as handlers get it. JSON, string conversion and inspection show its mask, or `[sealed]`; copies show nothing.
 * `reveal(reason)` opens it, and the audit log says why.
 */
export class Sealed<T extends Sealable = Sealable> {
  readonly #parts: SealedParts<T>

  constructor(parts: SealedParts<T>) {
    this.#parts = parts
    Object.freeze(this)
  }

  /** The text as stored. */
  get ciphertext(): string {
    return this.#parts.ciphertext
  }

  get place(): Place {
    return this.#parts.place
  }

  /**
   * The value; null when its subject was destroyed. Recorded before it is given out: without a record, no value.
   * @throws {TypeError} Without a reason. @throws {Refusal} When the ciphertext was changed or moved.
   */
  async reveal(reason: string): Promise<T | null> {
    if (typeof reason !== 'string' || reason.trim() === '') {
      throw new TypeError('reveal(reason) needs a reason for the audit log, such as "refund"')
    }
    return this.#parts.reveal(reason)
  }

  toString(): string {
    try {
      return this.#parts.masked() ?? HIDDEN
    } catch {
      // Printing must not fail, and what does not open has nothing to show.
      return HIDDEN
    }
  }
  toJSON(): string {
    return this.toString()
  }
  [inspect.custom](): string {
    return this.toString()
  }
}
