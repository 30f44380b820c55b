import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto'

const NONCE_BYTES = 12
const TAG_BYTES = 16

/** What encryption adds to a plaintext: nonce in front, tag behind. */
export const AEAD_OVERHEAD_BYTES = NONCE_BYTES + TAG_BYTES

/**
 * AES-256-GCM (NIST SP 800-38D) with a fresh random 96-bit nonce. One key serves up to 2^32 messages (section 8.3).
 * @returns Nonce, ciphertext and 128-bit tag in one buffer.
 */
export function encrypt(key: KeyObject, plaintext: Uint8Array, context: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(context)
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

/** The plaintext, or null when key, context or any byte is not the one of the encryption. */
export function decrypt(key: KeyObject, sealed: Uint8Array, context: Uint8Array): Buffer | null {
  if (sealed.byteLength < AEAD_OVERHEAD_BYTES) return null
  const tagAt = sealed.byteLength - TAG_BYTES
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(context).setAuthTag(sealed.subarray(tagAt))
  const plaintext = decipher.update(sealed.subarray(NONCE_BYTES, tagAt))
  try {
    return Buffer.concat([plaintext, decipher.final()])
  } catch {
    return null
  }
}
