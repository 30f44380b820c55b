/** Who calls. Frozen once established; nothing in a request's body or query can change it (lesson: Better Auth CVE-2025-61928). */
export interface Principal {
  /** `user`: a person's session. `client`: an API key, never a user session. `nobody`: no credential. */
  readonly kind: 'user' | 'client' | 'nobody'
  /** Issuer and subject in one string: the key for limits, revocation and idempotency. */
  readonly key: string
  readonly issuer: string
  /** The subject: for a client the user whose key it is. Compared with the owner of a row. Empty for nobody. */
  readonly id: string
  readonly tenant: string | null
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
  /** When the person proved who they are (RFC 9068 `auth_time`). Null for clients and nobody. */
  readonly authenticatedAt: Date | null
  /** How many factors that proof had. */
  readonly factors: number
  /** Session (`sid`) and token (`jti`) of the credential, or the id of the API key, for revocation. */
  readonly sessionId: string | null
  readonly tokenId: string | null
}

export const NOBODY: Principal = Object.freeze({
  kind: 'nobody',
  key: 'nobody',
  issuer: '',
  id: '',
  tenant: null,
  roles: Object.freeze([]),
  scopes: Object.freeze([]),
  authenticatedAt: null,
  factors: 0,
  sessionId: null,
  tokenId: null,
})
