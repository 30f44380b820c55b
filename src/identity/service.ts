import type { Context } from '../contract/context.ts'
import type { Principal } from '../contract/principal.ts'
import type { AccountRow } from './account-fields.ts'
import type { ApiKeyRow } from './api-key-fields.ts'
import type { SessionRow } from './session-fields.ts'
import type { JwksDocument } from './token-keys.ts'

/** What is known of the program that calls. */
export interface ClientFacts {
  /** IPv4 address or IPv6 /64. */
  readonly addressKey: string
  /** What it says of itself (`User-Agent`); shown to the owner of a session, believed by nobody. */
  readonly device: string
}

declare module '../contract/context.ts' {
  interface Context {
    /** Users, sessions and keys, with `local()` identity; not there with `external()`. */
    readonly identity: IdentityService
    readonly client: ClientFacts
  }
}

/** E-mail address, password, and the application's own profile fields beside them. */
export type Registration = { readonly email: string; readonly password: string } & Readonly<Record<string, unknown>>

/** A user as the database holds it: the e-mail address and sealed profile fields are sealed text. */
export type UserRow = AccountRow & Readonly<Record<string, unknown>>

export interface SessionTokens {
  readonly accessToken: string
  readonly refreshToken: string
  readonly tokenType: 'Bearer'
  /** Seconds. */
  readonly expiresIn: number
}

export interface LoginCredentials {
  readonly email: string
  readonly password: string
  /** Of an earlier sign-in on this device: whoever has it is not held out by strangers who fail in his name. */
  readonly deviceToken?: string | undefined
}

export interface PasswordChange {
  readonly currentPassword: string
  readonly newPassword: string
}

export interface LoginTokens extends SessionTokens {
  /** To be kept by the client, and sent with the next sign-in. */
  readonly deviceToken: string
}

export interface PageQuery {
  readonly after: string | null
  readonly limit: number
}

export interface Page<Row> {
  readonly items: Row[]
  readonly next: string | null
}

/**
 * What handlers do with users, sessions and keys. Writes join the request's unit of work and note their audit event in the context.
 * Where a method has a `Row`, it is the application's user as its resource declares it.
 */
export interface IdentityService {
  /**
   * @returns The new user in clear, e-mail address included: for the reply to whoever has just sent it.
   * @throws {Refusal} `invalid_input` for a password against the policy, `conflict` for an e-mail address that is taken.
   */
  register<Row = UserRow>(registration: Registration, context: Context): Promise<Row>
  /** @throws {Refusal} `invalid_credentials`, the same for unknown, locked, disabled and wrong. */
  login(credentials: LoginCredentials, context: Context): Promise<LoginTokens>
  /** @throws {Refusal} `invalid_credentials`. A token that was used before ends its session. */
  refresh(refreshToken: string, context: Context): Promise<SessionTokens>
  /**
   * Of the signed-in user; ends all his other sessions.
   * @throws {Refusal} `invalid_credentials` for a wrong present password, `invalid_input` for a new one against the policy.
   */
  changePassword(change: PasswordChange, context: Context): Promise<void>
  /** Ends the session of the caller. */
  logout(context: Context): Promise<void>
  /** Ends every session of the caller; API keys stay. */
  logoutEverywhere(context: Context): Promise<void>
  me<Row = UserRow>(context: Context): Promise<Row>
  jwks(): JwksDocument
  readonly users: UserService
  readonly apiKeys: ApiKeyService
  readonly sessions: SessionService
}

export interface UserService {
  byIds<Row = UserRow>(ids: readonly string[], as: Principal): Promise<Row[]>
  /** Of these, the users of the caller's tenant, whether or not he may read them: to name one, never to show one. */
  inTenant<Row = UserRow>(ids: readonly string[], as: Principal): Promise<Row[]>
  /** The users of the caller's tenant, ordered by id. */
  list<Row = UserRow>(query: PageQuery, as: Principal): Promise<Page<Row>>
  /** In the caller's tenant, by blind index; null when there is none. */
  byEmail<Row = UserRow>(email: string, as: Principal): Promise<Row | null>
  /**
   * Changes profile fields, `email`, `roles` or `disabled`; whether the caller may is the endpoint's matter.
   * Another e-mail address needs a sign-in of the last 5 minutes by the user.
   * @throws {Refusal} `not_found`, `conflict` for an address that is taken, `step_up_required`.
   */
  update<Row = UserRow>(id: string, changes: Readonly<Record<string, unknown>>, context: Context): Promise<Row>
  /** Tokens that still name the old roles are refused from now on. */
  setRoles(id: string, roles: readonly string[], context: Context): Promise<void>
  /** Ends sessions, keys and tokens at once, and the user can get no new ones. */
  setDisabled(id: string, disabled: boolean, context: Context): Promise<void>
  /** Removes the user with sessions and keys, and destroys the key of everything that was sealed for him. */
  remove(id: string, context: Context): Promise<void>
}

export interface SessionService {
  /** Of these, the live ones, whosever they are; `as` is whose present session shows as `current`. */
  byIds(ids: readonly string[], as: Principal): Promise<SessionRow[]>
  /** The caller's live sessions, newest first, at most 100. */
  list(as: Principal): Promise<readonly SessionRow[]>
  /** Its access tokens are refused at the next request. */
  end(id: string, context: Context): Promise<void>
  /** @throws {Refusal} `forbidden` for a caller without a session. */
  endOthers(context: Context): Promise<void>
}

export interface ApiKeyService {
  /** @throws {Refusal} `invalid_input` for a scope that the owner does not hold. */
  create(
    request: { readonly name: string; readonly scopes: readonly string[]; readonly expiresInDays: number },
    context: Context,
  ): Promise<{ readonly apiKey: ApiKeyRow; readonly key: string }>
  byIds(ids: readonly string[], as: Principal): Promise<ApiKeyRow[]>
  /** The caller's own. */
  list(query: PageQuery, as: Principal): Promise<Page<ApiKeyRow>>
  /** The next request with it is refused. */
  revoke(id: string, context: Context): Promise<void>
}
