import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { toBase62 } from './base62.ts'

const ID_BYTES = 16
const ID_CHARACTERS = 22
const SECRET_BYTES = 32
const SECRET_CHARACTERS = 43
const CHECKSUM_CHARACTERS = 6
const FORM = /^tp_([0-9A-Za-z]{22})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/

export const API_KEY_PREFIX = 'tp_'

export interface ApiKeyParts {
  readonly id: string
  /** SHA-256 of the whole key, base64url: what is stored. */
  readonly hash: string
}

/** A new key, `tp_<id>_<secret>`, shown once. Base62, so that a double click takes all of it; the separator is no character of it. */
export function newApiKey(): ApiKeyParts & { readonly key: string } {
  const id = toBase62(randomBytes(ID_BYTES), ID_CHARACTERS)
  const body = `${API_KEY_PREFIX}${id}_${toBase62(randomBytes(SECRET_BYTES), SECRET_CHARACTERS)}`
  const key = `${body}${checksum(body)}`
  return { key, id, hash: hashOf(key) }
}

/**
 * Splits `tp_<id>_<secret>`. Null on any mismatch: a bad key is an everyday event. The last six characters are a CRC-32 of the rest, so that
 * typing errors cost no look-up and secret scanners can tell a key from a look-alike.
 */
export function parseApiKey(text: string): ApiKeyParts | null {
  const match = FORM.exec(text)
  const id = match?.[1]
  if (id === undefined || checksum(text.slice(0, -CHECKSUM_CHARACTERS)) !== match?.[3]) return null
  return { id, hash: hashOf(text) }
}

function checksum(body: string): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc32(body))
  return toBase62(bytes, CHECKSUM_CHARACTERS)
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url')
}
