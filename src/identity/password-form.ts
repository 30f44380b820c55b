const LONE_SURROGATE = /\p{Surrogate}/u
const BCRYPT_BYTES = 72

/**
 * Why a hash function would not see the whole password; null when it does. Lone surrogates all become one character in UTF-8, NUL ends a
 * password early in some implementations, and bcrypt reads 72 bytes: such passwords are refused, never cut (ASVS 6.2.8).
 */
export function passwordFormFault(password: string, algorithm: 'argon2id' | 'bcrypt'): string | null {
  if (password.includes('\0')) return 'may not hold a NUL character'
  if (LONE_SURROGATE.test(password)) return 'holds half a character'
  if (algorithm === 'bcrypt' && Buffer.byteLength(password) > BCRYPT_BYTES)
    return `is longer than ${BCRYPT_BYTES} bytes`
  return null
}
