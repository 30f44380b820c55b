import { createHash } from 'node:crypto'
import { FINGERPRINT_BYTES, PUBLISHED_SECRETS } from './published-secrets.ts'

/** Long enough that a random text holds one of them less than once in 10^5 times. */
const PLACEHOLDER =
  /change.?(me|this)|secret|passw|default|example|placeholder|your.?key|private|random|replace|qwerty|abcdef|012345|123456/i
const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i

let published: ReadonlySet<string> | null = null

/**
 * Why these bytes are no secret to sign with; null when nothing speaks against it. Random bytes pass, and so does a text that was made
 * from enough of them; what people type, and what was published as somebody's secret, does not (ASVS 11.2, 13.3).
 */
export function secretWeakness(bytes: Uint8Array, minBytes: number): string | null {
  if (bytes.byteLength === 0) return 'is missing'
  if (!(bytes.byteLength >= minBytes)) return `has ${bytes.byteLength * 8} bits, not ${minBytes * 8}`
  if (new Set(bytes).size < 12) return 'repeats too few bytes to be random'
  const steps = new Set(bytes.subarray(1).map((byte, index) => byte - (bytes[index] ?? 0)))
  if (steps.size < 10) return 'counts in regular steps'
  if (isPublished(bytes)) return 'was published'
  return isText(bytes) ? textWeakness(Buffer.from(bytes).toString('latin1'), minBytes) : null
}

export function isText(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte >= 0x20 && byte < 0x7f)
}

function textWeakness(text: string, minBytes: number): string | null {
  if (PLACEHOLDER.test(text)) return 'is a placeholder'
  if (UUID.test(text)) return 'is a UUID, which has 122 bits'
  if (/^[0-9a-f]+$/i.test(text) && text.length < minBytes * 2)
    return `is hexadecimal, so it has ${text.length * 4} bits, not ${minBytes * 8}`
  return isWords(text) ? 'is made of words' : null
}

/** Letters alone are not enough: of the random texts in base64url one in 1,500 has no digit, but nearly none has no two capitals together. */
function isWords(text: string): boolean {
  if (!/^[a-z\s'.,_-]+$/i.test(text)) return false
  return /\s/.test(text) || !/[A-Z]{2}/.test(text) || !/[a-z]/.test(text)
}

function isPublished(bytes: Uint8Array): boolean {
  published ??= fingerprints()
  return published.has(createHash('sha256').update(bytes).digest().subarray(0, FINGERPRINT_BYTES).toString('hex'))
}

function fingerprints(): ReadonlySet<string> {
  const bytes = Buffer.from(PUBLISHED_SECRETS, 'base64')
  return new Set(
    Array.from({ length: bytes.byteLength / FINGERPRINT_BYTES }, (_, index) =>
      bytes.subarray(index * FINGERPRINT_BYTES, (index + 1) * FINGERPRINT_BYTES).toString('hex'),
    ),
  )
}
