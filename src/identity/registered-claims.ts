import type { Rejected } from './identity.ts'

export type Claims = Readonly<Record<string, unknown>>

/** Times and addressees that every token is judged by (RFC 7519 section 4.1). */
export interface ClaimPolicy {
  /** Null: not checked. */
  readonly issuer: string | null
  readonly audience: string | null
  readonly maxLifetimeSeconds: number
  /** How far the issuer's clock may run ahead of ours. */
  readonly toleranceSeconds: number
}

export interface TimedClaims {
  readonly claims: Claims
  readonly subject: string
  /** Milliseconds; 0 when the token does not say. */
  readonly issuedAt: number
  readonly expiresAt: number
}

/** A JSON object, or why it is none. */
export function parseClaims(payload: Uint8Array): Claims | null {
  try {
    const claims: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
    return typeof claims === 'object' && claims !== null && !Array.isArray(claims) ? (claims as Claims) : null
  } catch {
    return null
  }
}

/**
 * Checks `iss`, `aud`, `sub`, `exp`, `iat` and `nbf`. Numbers are finite numbers: a text, NaN or null is refused, and so is a token that never
 * expires or lives longer than the policy allows. Expiry is looked at last: only a token that was good once is called expired.
 */
export function checkClaims(claims: Claims, policy: ClaimPolicy, now: number): TimedClaims | Rejected {
  const { iss, aud, sub, exp, iat, nbf } = claims
  if (policy.issuer !== null && iss !== policy.issuer) return invalid('another issuer')
  if (policy.audience !== null && aud !== policy.audience && !(Array.isArray(aud) && aud.includes(policy.audience)))
    return invalid('another audience')
  if (typeof sub !== 'string' || sub === '' || sub.length > 255) return invalid('no subject')
  if (!isTime(exp) || (iat !== undefined && !isTime(iat)) || (nbf !== undefined && !isTime(nbf)))
    return invalid('a time is missing or no number')
  const latest = now / 1000 + policy.toleranceSeconds
  if ((iat ?? 0) > latest || (nbf ?? 0) > latest) return invalid('it is from the future')
  if (!(exp - (iat ?? now / 1000) <= policy.maxLifetimeSeconds))
    return invalid(`it lives longer than ${policy.maxLifetimeSeconds} s`)
  if (!(now < exp * 1000)) return { rejected: 'expired', detail: 'the token expired' }
  return { claims, subject: sub, issuedAt: (iat ?? 0) * 1000, expiresAt: exp * 1000 }
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

/** A refusal of the token; the detail is for the audit log. */
export function invalid(detail: string): Rejected {
  return { rejected: 'invalid', detail: `token: ${detail}` }
}
