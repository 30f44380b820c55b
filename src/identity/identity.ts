import type { Principal } from '../contract/principal.ts'

/** What a request presented, read from its headers by the credential guard. */
export interface Credential {
  readonly scheme: 'bearer'
  readonly value: string
}

/** A credential that was verified, before anybody asked whether it was revoked. */
export interface Authenticated {
  readonly principal: Principal
  /** Epoch that the token carries; null where the issuer has none (then `issuedAt` is compared with `revokedBefore`). */
  readonly epoch: number | null
  /** Milliseconds. */
  readonly issuedAt: number
  readonly expiresAt: number
}

/** Why a credential was refused. `expired` and `invalid` are told apart for the client (RFC 6750 section 3.1). */
export type Rejected = { readonly rejected: 'expired' | 'invalid'; readonly detail: string }

/** How callers are known. `local()` keeps users here; `external()` takes another issuer's tokens. */
export interface Identity {
  readonly kind: 'local' | 'external'
  /** Verifies a credential: signature, type, issuer, audience, time. Local work for tokens; may ask the store for an API key. */
  authenticate(credential: Credential): Authenticated | Rejected | Promise<Authenticated | Rejected>
  /** What this way of identity gives and lacks, in words, for `review`. */
  readonly describe: { readonly credentials: readonly string[]; readonly lacks: readonly string[] }
}
