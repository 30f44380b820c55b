import { Refusal } from '../base/refusal.ts'
import type { Context } from '../contract/context.ts'
import type { State } from '../stores/store.ts'
import type { Vault } from '../vault/index.ts'
import type { AccessTokens } from './access-token.ts'
import { Accounts, rowOf } from './accounts.ts'
import { apiKeyVerifier } from './api-key.ts'
import { ApiKeyDesk } from './api-key-desk.ts'
import { API_KEY_PREFIX } from './api-key-form.ts'
import { changePassword } from './change-password.ts'
import { type DeviceTokens, deviceTokens } from './device-token.ts'
import { type GuessGuard, guessGuard } from './guess-guard.ts'
import type { Identity, IdentitySurroundings } from './identity.ts'
import { type LiveAccessTokens, liveAccessTokens } from './live-access-tokens.ts'
import { type LocalConfig, type LocalSettings, parseLocalConfig } from './local-config.ts'
import { localControls } from './local-controls.ts'
import { login } from './login.ts'
import { type PasswordHasher, passwordHasher } from './password-hash.ts'
import { passwordPolicy } from './password-policy.ts'
import type { IdentityService, Registration, UserRow } from './service.ts'
import { sessionService } from './session-service.ts'
import { SessionDesk } from './sessions.ts'
import { userService } from './user-service.ts'

/** Identity whose users, sessions and keys live in the state of the gate. */
export interface LocalIdentity extends Identity {
  readonly kind: 'local'
  readonly service: IdentityService
  /**
   * Makes an account outside a request, for seeds and administration. The profile is validated.
   * @throws {Refusal} `invalid_input`, or `conflict` for an e-mail address that is taken.
   */
  provision(
    account: Registration & { readonly tenantId?: string; readonly roles?: readonly string[] },
  ): Promise<UserRow>
  /** Erases successors whose window has passed, and sessions that are over. Called every minute or so. */
  sweep(): Promise<void>
}

/**
 * Keeps users, sessions and API keys here.
 * @throws {TypeError} At once, with every fault of the configuration.
 */
export function local(config: LocalConfig): (around: IdentitySurroundings) => Promise<LocalIdentity> {
  const settings = parseLocalConfig(config)
  return async (around) => {
    const { state, vault, ring, clock, audit } = around
    const tokens = await liveAccessTokens({
      source: settings.tokenKeys,
      ring,
      policy: { ...settings, lifetimeSeconds: settings.accessTokenSeconds },
      clock,
      audit,
    })
    const keys = tokens.keys()
    const hasher = passwordHasher(settings.passwordHash)
    const policy = passwordPolicy(settings.passwordPolicy)
    const accounts = new Accounts({
      state,
      clock,
      vault,
      settings,
      hasher,
      policy,
    })
    const sessions = new SessionDesk({ state, clock, audit, tokens, settings })
    const apiKeys = new ApiKeyDesk({ state, clock, settings })
    const devices = deviceTokens(ring, settings.issuer, clock)
    const service = identityService({
      state,
      vault,
      settings,
      hasher,
      accounts,
      sessions,
      apiKeys,
      tokens,
      guesses: guessGuard(state, clock, settings.guessing),
      devices,
    })
    return Object.freeze<LocalIdentity>({
      kind: 'local',
      service,
      describe: {
        credentials: [
          `access tokens (JWT, ${keys.active.alg}, ${settings.accessTokenSeconds} s)`,
          'refresh tokens',
          'API keys',
        ],
        passwords: hasher.description,
        tokens: {
          algorithms: [...new Set(keys.verifiers.map(({ alg }) => alg))].sort(),
          lifetimeSeconds: settings.accessTokenSeconds,
        },
        controls: localControls(settings, policy),
        tokenGaps: [],
        lacks: ['second factors', 'verified e-mail addresses', 'password reset'],
      },
      deviceOf: (body) => deviceOf(body, devices),
      authenticate: authenticator(tokens, around, settings),
      async provision({ tenantId, roles, ...registration }) {
        const validated = await accounts.validated(registration as Registration)
        const options = { ...(tenantId === undefined ? {} : { tenantId }), ...(roles === undefined ? {} : { roles }) }
        const { stored } = await state.transaction(() => accounts.create(validated, options))
        return stored
      },
      sweep: () => sessions.sweep(),
    })
  }
}

/** Whether an identity keeps its users here. */
export function isLocal(identity: Identity): identity is LocalIdentity {
  return identity.kind === 'local'
}

/** The device that a sign-in comes from, by its token alone: which budget counts it, before any store is asked. */
function deviceOf(body: unknown, devices: DeviceTokens): string | null {
  const { email, deviceToken } = (body ?? {}) as Readonly<Record<string, unknown>>
  if (typeof email !== 'string' || typeof deviceToken !== 'string') return null
  return devices.read(email, deviceToken)?.id ?? null
}

function authenticator(
  tokens: AccessTokens,
  { state, clock }: IdentitySurroundings,
  settings: LocalSettings,
): Identity['authenticate'] {
  const apiKeys = apiKeyVerifier(state.apiKeys, settings.issuer, settings.cacheSize, clock)
  return ({ value }) => (value.startsWith(API_KEY_PREFIX) ? apiKeys.verify(value) : tokens.verify(value))
}

interface ServiceParts {
  readonly state: State
  readonly vault: Vault
  readonly settings: LocalSettings
  readonly hasher: PasswordHasher
  readonly accounts: Accounts
  readonly sessions: SessionDesk
  readonly apiKeys: ApiKeyDesk
  readonly tokens: LiveAccessTokens
  readonly guesses: GuessGuard
  readonly devices: DeviceTokens
}

function identityService(parts: ServiceParts): IdentityService {
  const { state, vault, settings, accounts, sessions, apiKeys, tokens } = parts
  return Object.freeze<IdentityService>({
    async register<Row = UserRow>(registration: Registration, context: Context) {
      const { plain } = await accounts.create(registration)
      context.audit('user.registered', { user: plain.id })
      return plain as Row
    },
    login: (credentials, context) => login(credentials, context, parts),
    async refresh(token, context) {
      const { tokens, session } = await sessions.refresh(token, context)
      context.audit('session.refreshed', { user: session.userId, session: session.id })
      return tokens
    },
    changePassword: (change, context) => changePassword(change, context, parts),
    async logout(context) {
      const { sessionId } = context.principal
      if (sessionId === null) throw new Refusal('forbidden', { detail: 'the caller has no session to end' })
      await sessions.end(sessionId)
      context.audit('session.ended', { session: sessionId })
    },
    async logoutEverywhere(context) {
      if (context.principal.kind !== 'user')
        throw new Refusal('forbidden', { detail: 'only a signed-in user ends his sessions' })
      const ended = await sessions.endAll(context.principal.id)
      context.audit('session.all_ended', { user: context.principal.id, sessions: ended })
    },
    async me<Row = UserRow>({ principal }: Context) {
      const [user] = await state.users.byIds([principal.id], principal)
      if (!user) throw new Refusal('not_found', { detail: `there is no user ${principal.id}` })
      return rowOf(user) as Row
    },
    jwks: () => tokens.keys().jwks(),
    users: userService({ state, vault, issuer: settings.issuer, accounts, sessions, apiKeys }),
    apiKeys: apiKeys.service,
    sessions: sessionService(sessions, state.users),
  })
}
