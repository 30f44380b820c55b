import { timingSafeEqual } from 'node:crypto'
import { inspect } from 'node:util'

/** A value that must not be printed. JSON, string conversion and inspection show `[secret]`; `reveal()` is easy to grep for. */
export class Secret<T extends string | Uint8Array = string> {
  readonly #value: T
  constructor(value: T) {
    this.#value = value
  }
  reveal(): T {
    return this.#value
  }
  toString(): string {
    return '[secret]'
  }
  toJSON(): string {
    return '[secret]'
  }
  [inspect.custom](): string {
    return '[secret]'
  }
}

/** Compares in constant time for equal lengths; a different length is false at once (lengths are public). */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && timingSafeEqual(a, b)
}
