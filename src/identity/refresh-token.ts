import { createHash, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'
import { decrypt, encrypt } from '../vault/aead.ts'
import { fromBase64url } from '../vault/base64url.ts'
import { lengthPrefixed } from '../vault/length-prefixed.ts'

const FORM = /^rt_([A-Za-z0-9_-]{43})$/
const TOKEN_BYTES = 32
const NONCE_BYTES = 32

/** A refresh token: 256 random bits that mean nothing by themselves. Only its hash is stored. */
export function newRefreshToken(): string {
  return `rt_${randomBytes(TOKEN_BYTES).toString('base64url')}`
}

/** The hash under which it is stored. Null for what was never a refresh token, such as an access token. */
export function refreshTokenHash(token: string): string | null {
  const secret = FORM.exec(token)?.[1]
  return secret !== undefined && fromBase64url(secret) ? createHash('sha256').update(token).digest('base64url') : null
}

/**
 * Encrypts a successor for whoever holds the token it replaced: the key is derived from that token (HKDF-SHA256, RFC 5869) with a random
 * nonce, so the database alone reveals nothing.
 */
export function sealSuccessor(presented: string, successor: string): string {
  const nonce = randomBytes(NONCE_BYTES)
  return Buffer.concat([nonce, encrypt(keyOf(presented, nonce), Buffer.from(successor), context(presented))]).toString(
    'base64url',
  )
}

/** Null when it was sealed for another token, or changed. */
export function openSuccessor(presented: string, sealed: string): string | null {
  const bytes = fromBase64url(sealed)
  if (!bytes || bytes.byteLength <= NONCE_BYTES) return null
  const nonce = bytes.subarray(0, NONCE_BYTES)
  return decrypt(keyOf(presented, nonce), bytes.subarray(NONCE_BYTES), context(presented))?.toString('utf8') ?? null
}

function keyOf(presented: string, nonce: Uint8Array): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', presented, nonce, 'turnpike refresh successor 1', 32)))
}

function context(presented: string): Buffer {
  return lengthPrefixed(['turnpike refresh successor 1', refreshTokenHash(presented) ?? ''])
}
