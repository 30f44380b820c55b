import type { Principal } from '../contract/principal.ts'

/**
 * Turnpike's own state. Small interfaces; every backend passes one conformance suite.
 * Every method may throw StoreError: callers refuse (503), they never guess.
 * Writes made inside `transaction` commit together with the application's writes on the same database, or not at all.
 */
export interface State {
  readonly admission: Admission
  readonly users: Users
  readonly sessions: Sessions
  readonly revocations: Revocations
  readonly attempts: Attempts
  readonly apiKeys: ApiKeys
  readonly claims: Claims
  readonly quotas: Quotas
  readonly dataKeys: DataKeys
  readonly audit: AuditRecords
  /**
   * Runs `work` as one unit: all writes inside, awaited or in called functions, commit when it resolves and roll back when it rejects.
   * The database transaction begins at the first write, so reading, hashing or an outbound call before it holds nothing.
   * A nested call joins the outer unit; when a nested one rejects, or a statement fails, the whole unit rolls back even if somebody caught it.
   * What is called from inside after the unit has ended is refused (StoreError). Work that outlives its request, such as a timer made
   * inside a unit, therefore runs in `detached`.
   */
  transaction<T>(work: () => Promise<T>): Promise<T>
  /**
   * Runs `work` outside the present unit: what it writes commits at once, whatever becomes of the unit.
   * @throws {TypeError} When the unit has written already: on one connection the work would wait for itself.
   */
  detached<T>(work: () => Promise<T>): Promise<T>
  /** Inside a unit: calls `hook` once after it has committed (true) or rolled back (false). Outside: throws TypeError. */
  onSettled(hook: (committed: boolean) => void): void
  /** Whether the present unit has begun its database transaction: an outbound call would hold it open. */
  inOpenTransaction(): boolean
  /** @throws {StoreError} When it cannot serve. */
  ping(): Promise<void>
  close(): Promise<void>
  /** What kind of store it is, for `review` and the docs. */
  readonly describe: {
    readonly kind: 'memory' | 'embedded' | 'postgres'
    readonly durable: boolean
    readonly rowSecurity: boolean
  }
}

// Step 5: one round trip.

/** A limit to spend from. Up to 60 a window is an exact sliding log; larger ones are GCRA. */
export interface Budget {
  readonly key: string
  readonly limit: number
  readonly windowSeconds: number
  readonly cost: number
}

export interface Spent {
  readonly allowed: boolean
  readonly remaining: number
  /** Seconds until one unit is free again (when refused: until this cost fits), never 0 when refused. */
  readonly resetSeconds: number
}

export interface StandingQuestion {
  readonly principalKey: string
  readonly sessionId: string | null
  readonly tokenId: string | null
}

export interface Standing {
  /** The token or the session was revoked. */
  readonly revoked: boolean
  /** Tokens that carry an older epoch are void (logout everywhere, password or role change). 0 when nothing happened yet. */
  readonly epoch: number
  readonly disabled: boolean
  /** Tokens issued at or before this instant (milliseconds; whole seconds count as their end) are void; for issuers without epochs. 0 for never. */
  readonly revokedBefore: number
}

export interface Admission {
  /**
   * Spends every budget in one atomic step, all or none: when one has no room nothing is spent.
   * @returns One entry a budget, in order, and the standing of the credential (null when not asked). May be synchronous.
   */
  admit(budgets: readonly Budget[], question: StandingQuestion | null): Admitted | Promise<Admitted>
}
export interface Admitted {
  readonly spent: readonly Spent[]
  readonly standing: Standing | null
}

// Users.

export interface UserRecord {
  readonly id: string
  readonly tenantId: string
  /** Blind index of the normalized e-mail address under the current key, and under the previous one while it rotates. */
  readonly emailIndex: string
  readonly emailIndexPrevious: string | null
  /** Sealed by the vault (`users`, `email`). */
  readonly emailSealed: string
  /** The application's profile fields, JSON; sealed ones hold sealed text. */
  readonly profile: Readonly<Record<string, unknown>>
  readonly roles: readonly string[]
  readonly passwordHash: string
  readonly disabled: boolean
  readonly createdAt: Date
}

export type UserChanges = Partial<Omit<UserRecord, 'id' | 'createdAt'>>

/** With `as`, row-level security applies where the backend has it: what that principal may not see is not there. */
export interface Users {
  /**
   * @returns False when the e-mail index is taken (current or previous); nothing is changed then.
   * @throws {StoreError} When the id is taken.
   */
  insert(user: UserRecord): Promise<boolean>
  byIds(ids: readonly string[], as?: Principal): Promise<readonly UserRecord[]>
  /** Any of the given blind indexes. */
  byEmailIndex(indexes: readonly string[], as?: Principal): Promise<UserRecord | null>
  /** Ordered by id, after the given one. */
  list(
    query: { readonly tenantId: string; readonly after: string | null; readonly limit: number },
    as?: Principal,
  ): Promise<readonly UserRecord[]>
  /** @returns False when there is no such user (or not for `as`), or its new e-mail index is taken. */
  update(id: string, changes: UserChanges, as?: Principal): Promise<boolean>
  remove(id: string, as?: Principal): Promise<boolean>
}

// Sessions and refresh tokens.

export interface SessionRecord {
  readonly id: string
  readonly userId: string
  readonly createdAt: Date
  readonly lastUsedAt: Date
  /** Absolute limit; no refresh goes past it. */
  readonly expiresAt: Date
  readonly endedAt: Date | null
  readonly authenticatedAt: Date
  readonly factors: number
  /** What the client said it is, cut to 200 characters; for the owner's list only. */
  readonly device: string
  readonly addressPrefix: string
}

export interface RefreshRecord {
  /** SHA-256 of the token, base64url. The token itself is never stored. */
  readonly hash: string
  readonly sessionId: string
  readonly issuedAt: Date
  readonly idleExpiresAt: Date
  readonly rotatedAt: Date | null
  readonly successorHash: string | null
  /** The successor, encrypted under a key derived from this token; erased when the successor is used and by the sweep. */
  readonly successorSealed: string | null
}

export interface Sessions {
  insert(session: SessionRecord, first: RefreshRecord): Promise<void>
  byId(id: string): Promise<SessionRecord | null>
  byRefreshHash(hash: string): Promise<{ readonly session: SessionRecord; readonly refresh: RefreshRecord } | null>
  /**
   * Compare-and-swap: marks `fromHash` rotated (only if it was not and the session has not ended), stores its successor, erases the sealed copy of
   * `fromHash` that its own predecessor kept, and touches `lastUsedAt`.
   * @returns False when somebody else was first or the session ended; nothing is changed then.
   */
  rotate(fromHash: string, successor: RefreshRecord, successorSealed: string, at: Date): Promise<boolean>
  /** @returns False when it was not there or had ended before. */
  end(id: string, at: Date): Promise<boolean>
  /** Ends all sessions of a user, except one if given. @returns The ids that ended. */
  endAll(userId: string, at: Date, except?: string): Promise<readonly string[]>
  /** Newest first; ended ones stay until the sweep. */
  listOf(userId: string): Promise<readonly SessionRecord[]>
  /** Erases sealed successors of tokens rotated before `successorsBefore` and sessions (with their tokens) that expired before `expiredBefore`. */
  sweep(limits: { readonly successorsBefore: Date; readonly expiredBefore: Date }): Promise<void>
}

/** Durable; whatever is written here is seen by the very next `admission.admit` in this process. */
export interface Revocations {
  /** Revokes a token (`jti`) or session (`sid`) until `expiresAt`, when every token of it has run out anyway. */
  revoke(kind: 'token' | 'session', id: string, expiresAt: Date): Promise<void>
  /** Raises the epoch of a principal by one (and `revokedBefore` to `at`). @returns The new epoch. */
  raiseEpoch(principalKey: string, at: Date): Promise<number>
  setDisabled(principalKey: string, disabled: boolean): Promise<void>
  standing(principalKey: string): Promise<Omit<Standing, 'revoked'>>
  sweep(now: Date): Promise<void>
}

// Guessing.

export interface AttemptPolicy {
  /** Failures that cost nothing. */
  readonly free: number
  /** Wait after failure number free+1, doubled with each further one. */
  readonly baseSeconds: number
  readonly maxSeconds: number
  /** From this many failures on the key is locked for `lockSeconds`. */
  readonly lockAfter: number
  readonly lockSeconds: number
  /** Failures are forgotten this long after the last one. */
  readonly forgetSeconds: number
}

export interface AttemptVerdict {
  readonly allowed: boolean
  /** Failures counted, this attempt included when it was allowed. */
  readonly failures: number
  readonly locked: boolean
  readonly retryAfterSeconds: number
}

/** Durable counts of failed guesses, exact under concurrency: an attempt counts as failed from the moment it begins until `clear`. */
export interface Attempts {
  /** Commits at once, outside any transaction: a refusal that rolls back must not take the count with it. */
  begin(key: string, policy: AttemptPolicy, at: Date): Promise<AttemptVerdict>
  clear(key: string): Promise<void>
  sweep(now: Date): Promise<void>
}

// API keys.

export interface ApiKeyRecord {
  readonly id: string
  readonly ownerId: string
  readonly ownerKey: string
  readonly tenantId: string
  readonly name: string
  /** SHA-256 of the whole key, base64url. */
  readonly secretHash: string
  readonly scopes: readonly string[]
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly revokedAt: Date | null
  /** Hour precision: not a write a request. */
  readonly lastUsedAt: Date | null
}

export interface ApiKeys {
  insert(key: ApiKeyRecord): Promise<void>
  byId(id: string): Promise<ApiKeyRecord | null>
  byIds(ids: readonly string[], as?: Principal): Promise<readonly ApiKeyRecord[]>
  listOf(
    ownerId: string,
    page: { readonly after: string | null; readonly limit: number },
    as?: Principal,
  ): Promise<readonly ApiKeyRecord[]>
  /** @returns False when it was not there or revoked before. From now on admission knows its id as a revoked token. */
  revoke(id: string, at: Date): Promise<boolean>
  revokeAll(ownerId: string, at: Date): Promise<void>
  touch(id: string, at: Date): Promise<void>
}

// Idempotency keys and once-only flows.

export interface ClaimRequest {
  readonly key: string
  /** Hash of the payload: another one under the same key is a mismatch. */
  readonly fingerprint: string
  /** Random; only its holder may complete or release. */
  readonly holder: string
  readonly at: Date
  /** A holder that died leaves the claim free after this. */
  readonly leaseUntil: Date
  readonly expiresAt: Date
}

export type ClaimVerdict =
  | { readonly outcome: 'claimed' }
  | { readonly outcome: 'held' }
  | { readonly outcome: 'mismatch' }
  | { readonly outcome: 'done'; readonly reply: string | null; readonly at: Date }

export interface Claims {
  /** One winner: commits at once, outside any transaction. */
  claim(request: ClaimRequest): Promise<ClaimVerdict>
  /**
   * Marks it done with the reply to repeat (sealed by the caller), inside the caller's transaction.
   * @returns False when the lease was lost to another holder: the caller rolls back.
   */
  complete(key: string, holder: string, reply: string | null, at: Date): Promise<boolean>
  /** Frees a claim that did not complete. */
  release(key: string, holder: string): Promise<void>
  /** When it was completed, or null. */
  doneAt(key: string): Promise<Date | null>
  sweep(now: Date): Promise<void>
}

/** Durable, exact quotas of flows: a reservation counts until it is released. */
export interface Quotas {
  /** @returns Null when there is no room; otherwise the id to release when the step fails. */
  reserve(key: string, limit: number, windowSeconds: number, at: Date): Promise<string | null>
  release(id: string): Promise<void>
  sweep(now: Date): Promise<void>
}

// Vault and audit log.

export interface WrappedDataKey {
  readonly subject: string
  readonly kid: string
  readonly wrapped: string
}

export interface DataKeys {
  load(subjects: readonly string[]): Promise<readonly WrappedDataKey[]>
  /** Keeps the first writer. @returns What is stored. A destroyed subject gets no new key: null. */
  insertIfAbsent(key: WrappedDataKey): Promise<WrappedDataKey | null>
  replace(key: WrappedDataKey, expectedKid: string): Promise<boolean>
  /** Removes the key and remembers that it is gone. */
  destroy(subject: string): Promise<void>
  list(after: string | null, limit: number): Promise<readonly WrappedDataKey[]>
}

/** One link of the chain, exactly as stored. `body` is the canonical text that was hashed. */
export interface AuditRecord {
  readonly node: string
  readonly seq: number
  readonly previous: string
  readonly hash: string
  readonly body: string
}

export interface AuditRecords {
  head(node: string): Promise<{ readonly seq: number; readonly hash: string } | null>
  /**
   * Appends in order; joins the caller's transaction. An empty list is a write too: when it resolves, the present unit holds its database
   * transaction (begun now or before). The audit log counts on it, to never wait for the database while it holds its chain.
   * @throws {StoreError} When a (node, seq) exists.
   */
  append(records: readonly AuditRecord[]): Promise<void>
  read(node: string, afterSeq: number, limit: number): Promise<readonly AuditRecord[]>
  nodes(): Promise<readonly string[]>
}
