import type { AuditLog } from '../audit/event.ts'
import type { Clock } from '../base/clock.ts'
import type { Principal } from '../contract/principal.ts'
import type { State } from '../stores/store.ts'
import type { KeyRing, Vault } from '../vault/index.ts'

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

/** An identity in words, for `review`. */
export interface IdentityDescription {
  readonly credentials: readonly string[]
  /** How passwords are kept; null where none are. */
  readonly passwords: string | null
  /** What its tokens lack: revocation, an audience … */
  readonly tokenGaps: readonly string[]
  /** What else it cannot do. */
  readonly lacks: readonly string[]
  /** By which mechanism it holds a demand of ASVS 5.0, by the id of the demand. */
  readonly controls?: Readonly<Record<string, string>>
  /** How its access tokens are signed, and how long they may last at most. */
  readonly tokens?: { readonly algorithms: readonly string[]; readonly lifetimeSeconds: number }
}

/** How callers are known. `local()` keeps users here; `external()` takes another issuer's tokens. */
export interface Identity {
  readonly kind: 'local' | 'external'
  /** Verifies a credential: signature, type, issuer, audience, time. Local work for tokens; may ask the store for an API key. */
  authenticate(credential: Credential): Authenticated | Rejected | Promise<Authenticated | Rejected>
  /**
   * The known device that a validated body shows it comes from, or null. Budgets that count by input count it apart, so that strangers
   * cannot spend what its owner needs.
   */
  deviceOf?(body: unknown): string | null
  /** What handlers find as `context.identity`; null where users live elsewhere. */
  readonly service: object | null
  /** Erases what is over; the server calls it every minute. */
  sweep?(): Promise<void>
  /** What this way of identity gives and lacks, in words, for `review`. */
  readonly describe: IdentityDescription
}

/** What the gate hands to an identity when it opens. */
export interface IdentitySurroundings {
  readonly state: State
  readonly vault: Vault
  readonly ring: KeyRing
  readonly clock: Clock
  readonly audit: AuditLog
}

/** Identity as configured: opened by the gate, once. */
export type IdentityFactory = (around: IdentitySurroundings) => Identity | Promise<Identity>
