import { createHmac, hkdfSync } from 'node:crypto'

/** HMAC with SHA-256 (RFC 2104), 32 bytes. */
export function hmacSha256(key: Uint8Array, message: Uint8Array): Buffer {
  return createHmac('sha256', key).update(message).digest()
}

/** HKDF with SHA-256 (RFC 5869). @throws {RangeError} For more than 255 × 32 bytes (section 2.3). */
export function hkdfSha256(
  root: Uint8Array,
  salt: Uint8Array | string,
  info: Uint8Array | string,
  bytes: number,
): Buffer {
  if (!(bytes >= 1 && bytes <= 255 * 32)) throw new RangeError(`HKDF-SHA256 gives 1 to ${255 * 32} bytes, not ${bytes}`)
  return Buffer.from(hkdfSync('sha256', root, salt, info, bytes))
}
