import { createHmac, randomBytes } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { equalBytes } from '../base/secret.ts'
import type { KeyRing } from '../vault/index.ts'
import { lengthPrefixed } from '../vault/length-prefixed.ts'
import { normalizeEmail } from './email-address.ts'

const FORM =
  /^dt_([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]{22})\.([0-9a-z]{1,10})\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/
const LIFETIME_SECONDS = 180 * 86_400
const HALF = /\p{Surrogate}/u

/** A device on which the owner of an account has signed in before. */
export interface KnownDevice {
  readonly id: string
  /** Whether the account's password is still the one it was signed in with. */
  knows(passwordHash: string): boolean
}

export interface DeviceTokens {
  /** @param before - The device, where it was known already: one device has one budget of guesses. */
  issue(email: string, passwordHash: string, before: KnownDevice | null): string
  /** Null for whatever is no token of ours for this address. Asks no store. */
  read(email: string, token: string | undefined): KnownDevice | null
}

/**
 * Tokens that tell an owner's device from strangers (OWASP Authentication Cheat Sheet, device cookies; ASVS 6.3.1). Whoever holds one has
 * guesses of his own, so that nobody can lock the owner out by failing in his name. It proves nothing else: no password is spared.
 * Bound to issuer, account and password by HMAC-SHA256 under the key ring; good for 180 days.
 */
export function deviceTokens(ring: KeyRing, issuer: string, clock: Clock): DeviceTokens {
  const keys = new Map(ring.kids.map((kid) => [kid, ring.derive(kid, 'device-token')]))

  function seal(kid: string, purpose: string, parts: readonly string[]): Buffer | null {
    const key = keys.get(kid)
    return key
      ? createHmac('sha256', key.reveal())
          .update(lengthPrefixed([purpose, issuer, ...parts]))
          .digest()
      : null
  }
  const versionOf = (kid: string, passwordHash: string) =>
    seal(kid, 'version', [passwordHash])?.subarray(0, 16).toString('base64url') ?? ''

  return {
    issue(email, passwordHash, before) {
      const kid = ring.active
      const id = before?.id ?? randomBytes(16).toString('base64url')
      const expiry = (Math.floor(clock.now() / 1000) + LIFETIME_SECONDS).toString(36)
      const version = versionOf(kid, passwordHash)
      const mac = seal(kid, 'token', [normalizeEmail(email), id, expiry, version]) as Buffer
      return `dt_${kid}.${id}.${expiry}.${version}.${mac.toString('base64url')}`
    },
    read(email, token) {
      const [, kid = '', id = '', expiry = '', version = '', mac = ''] = FORM.exec(token ?? '') ?? []
      if (id === '' || HALF.test(email) || !(clock.now() < Number.parseInt(expiry, 36) * 1000)) return null
      const right = seal(kid, 'token', [normalizeEmail(email), id, expiry, version])
      if (!right || !equalBytes(right, Buffer.from(mac, 'base64url'))) return null
      return { id, knows: (passwordHash) => versionOf(kid, passwordHash) === version }
    },
  }
}
