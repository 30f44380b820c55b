import type { KeyObject } from 'node:crypto'
import { Refusal } from '../base/refusal.ts'
import { AEAD_OVERHEAD_BYTES, decrypt, encrypt } from './aead.ts'
import { fromBase64url } from './base64url.ts'
import { assertWellFormed, lengthPrefixed } from './length-prefixed.ts'

const PREFIX = 's1.'
/** Texts are padded to a multiple of this, so that a length tells little: `true` and `false`, or most e-mail addresses, look alike. */
const BLOCK_BYTES = 32

export type Sealable = string | number | boolean

/**
 * Where a sealed value belongs. Every part is bound into the ciphertext: it opens nowhere else (OWASP ASVS 11.3).
 * A row that gets another id, tenant or subject must be sealed anew.
 */
export interface Place {
  readonly tenant: string | null
  readonly table: string
  readonly column: string
  readonly id: string
  /** Whose data it is: with this subject's key the value is gone. */
  readonly subject: string
}

/**
 * Encrypts a value with AES-256-GCM: `s1.` and nonce, ciphertext, tag in base64url.
 * @throws {TypeError} For a lone surrogate, a number without JSON form, another type, or a place with an empty part.
 */
export function sealValue(key: KeyObject, value: Sealable, place: Place): string {
  const json = Buffer.from(toJson(value), 'utf8')
  const padded = Buffer.alloc(Math.ceil(json.byteLength / BLOCK_BYTES) * BLOCK_BYTES, ' ')
  json.copy(padded)
  return PREFIX + encrypt(key, padded, context(place)).toString('base64url')
}

/**
 * Opens what `sealValue` made for the same place.
 * @throws {Refusal} `internal` (500, to be alarmed on) when the text is not sealed, was changed or comes from another place.
 */
export function openValue(key: KeyObject, text: string, place: Place): Sealable {
  const sealed = parse(text)
  const json = sealed && decrypt(key, sealed, context(place))
  if (!json) throw doesNotOpen(text, place)
  // JSON allows the white space of the padding.
  return JSON.parse(json.toString('utf8')) as Sealable
}

/** Whether a text has the shape of a sealed value. Anybody can write one: never skip sealing because of it. */
export function isSealed(text: string): boolean {
  return parse(text) !== null
}

/** @throws {TypeError} Naming the part that is empty or no string. */
export function assertPlace(place: Place): void {
  for (const part of ['table', 'column', 'id', 'subject'] as const) {
    if (typeof place[part] !== 'string' || place[part] === '') {
      throw new TypeError(`The ${part} of a sealed value's place must be a string, not empty`)
    }
  }
  if (place.tenant !== null && (typeof place.tenant !== 'string' || place.tenant === '')) {
    throw new TypeError("The tenant of a sealed value's place must be null or a string, not empty")
  }
}

function parse(text: string): Buffer | null {
  if (typeof text !== 'string' || !text.startsWith(PREFIX)) return null
  const bytes = fromBase64url(text.slice(PREFIX.length))
  const padded = (bytes?.byteLength ?? 0) - AEAD_OVERHEAD_BYTES
  return padded > 0 && padded % BLOCK_BYTES === 0 ? bytes : null
}

function toJson(value: Sealable): string {
  if (typeof value === 'string') {
    assertWellFormed(value)
  } else if (typeof value !== 'boolean' && !Number.isFinite(value)) {
    throw new TypeError('Only strings, finite numbers and booleans can be sealed')
  }
  return Object.is(value, -0) ? '-0' : JSON.stringify(value)
}

function context(place: Place): Buffer {
  assertPlace(place)
  return lengthPrefixed(['turnpike seal 1', place.tenant, place.table, place.column, place.id, place.subject])
}

function doesNotOpen(text: string, { table, column, id }: Place): Refusal {
  const why = isSealed(text) ? 'was changed or moved here from another place' : 'is not sealed'
  return new Refusal('internal', { detail: `the value of ${table}.${column} in row "${id}" ${why}` })
}
