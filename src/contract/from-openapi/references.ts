import type { Faults } from './faults.ts'
import { isJsonObject, type JsonObject, pointer } from './json-object.ts'

/** What a reference leads to: a value with its place, an address outside the document, or nothing. */
export type Target =
  | { readonly kind: 'value'; readonly value: unknown; readonly at: string }
  | { readonly kind: 'remote'; readonly reference: string }
  | { readonly kind: 'nothing' }

const LONGEST_CHAIN = 100

/** Follows the references of one document (RFC 6901 pointers in `$ref`). Nothing is fetched. */
export class References {
  readonly #root: JsonObject
  readonly #faults: Faults
  readonly #known = new Map<string, Target>()

  constructor(root: JsonObject, faults: Faults) {
    this.#root = root
    this.#faults = faults
  }

  /** The value itself where it is no reference. @param base - Where `#/$defs/…` may also be found. */
  target(given: unknown, at: string, base?: unknown): Target {
    let found: Target = { kind: 'value', value: given, at }
    for (let steps = 0; steps < LONGEST_CHAIN; steps++) {
      const { value } = found
      if (!isJsonObject(value) || typeof value.$ref !== 'string') return found
      const next = this.#step(value.$ref, base)
      if (next.kind === 'nothing') this.#faults.add(found.at, `leads to nothing: ${value.$ref}`)
      if (next.kind === 'remote')
        this.#faults.add(found.at, `${next.reference} is outside this document and was not fetched`)
      if (next.kind !== 'value') return next
      found = next
    }
    this.#faults.add(at, 'is a reference that leads back to itself')
    return { kind: 'nothing' }
  }

  /** The object that the value is or refers to; null (and a fault) where there is none. */
  object(given: unknown, at: string): { readonly value: JsonObject; readonly at: string } | null {
    const target = this.target(given, at)
    if (target.kind !== 'value') return null
    const { value } = target
    if (isJsonObject(value)) return { value, at: target.at }
    this.#faults.add(target.at, 'is no object')
    return null
  }

  #step(reference: string, base: unknown): Target {
    if (!reference.startsWith('#')) return { kind: 'remote', reference }
    const known = this.#known.get(reference)
    if (known) return known
    const found = find(this.#root, reference)
    if (found.kind === 'value') this.#known.set(reference, found)
    return found.kind === 'nothing' && reference.startsWith('#/$defs/') ? find(base, reference) : found
  }
}

function find(root: unknown, reference: string): Target {
  const keys = reference === '#' ? [] : reference.slice(2).split('/')
  if (reference !== '#' && !reference.startsWith('#/')) return { kind: 'nothing' }
  let value = root
  let at = ''
  for (const written of keys) {
    // A pointer in a URI is percent-encoded; documents in the wild forget it.
    const key = [decoded(written), unescaped(written)].find((each) => hasOwn(value, each))
    if (key === undefined) return { kind: 'nothing' }
    value = (value as JsonObject)[key]
    at = pointer(at, key)
  }
  return { kind: 'value', value, at }
}

const hasOwn = (value: unknown, key: string): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.hasOwn(value, key) &&
  !(Array.isArray(value) && key === 'length')

const unescaped = (key: string): string => key.replaceAll('~1', '/').replaceAll('~0', '~')

function decoded(key: string): string {
  try {
    return unescaped(decodeURIComponent(key))
  } catch {
    return unescaped(key)
  }
}
