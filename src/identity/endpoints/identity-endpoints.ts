import type { Endpoint } from '../../contract/endpoint.ts'
import { body } from '../../contract/limit.ts'
import type { AnyResource } from '../../contract/resource.ts'
import type { AnySchema } from '../../contract/schema.ts'
import { createApiKeyEndpoint, listApiKeysEndpoint, revokeApiKeyEndpoint } from './api-keys.ts'
import type { EndpointSettings, Limits, Prefix } from './endpoint-settings.ts'
import { jwksEndpoint } from './jwks.ts'
import { loginEndpoint } from './login.ts'
import { logoutEndpoint, logoutEverywhereEndpoint } from './logout.ts'
import { meEndpoint } from './me.ts'
import { changePasswordEndpoint } from './password.ts'
import { refreshEndpoint } from './refresh.ts'
import { registerEndpoint } from './register.ts'
import { endOtherSessionsEndpoint, endSessionEndpoint, listSessionsEndpoint } from './sessions.ts'

export interface IdentityEndpointsConfig {
  /** What `userResource` gives. */
  readonly users: AnyResource
  /** The application's own fields of a user, as in `userResource` and `local`. */
  readonly profile: AnySchema
  /** `/api/v1`. Default: none. */
  readonly prefix?: Prefix
  /** Default: login 5 a minute by address and by account, register 10, refresh 30, the others 60. */
  readonly limits?: Partial<Limits>
}

export interface IdentityEndpoints {
  readonly register: Endpoint
  readonly login: Endpoint
  readonly refresh: Endpoint
  readonly logout: Endpoint
  readonly logoutEverywhere: Endpoint
  readonly me: Endpoint
  readonly jwks: Endpoint
  readonly createApiKey: Endpoint
  readonly listApiKeys: Endpoint
  readonly revokeApiKey: Endpoint
  readonly listSessions: Endpoint
  readonly endSession: Endpoint
  readonly endOtherSessions: Endpoint
  readonly changePassword: Endpoint
  readonly all: readonly Endpoint[]
}

const LIMITS: Limits = {
  register: '10/minute',
  login: { rate: '5/minute', by: [{ key: body('email'), rate: '5/minute' }] },
  refresh: '30/minute',
  logout: '60/minute',
  me: '60/minute',
  jwks: '60/minute',
  apiKeys: '60/minute',
  sessions: '60/minute',
  password: '5/minute',
}
const KNOWN = ['users', 'profile', 'prefix', 'limits']

/**
 * The endpoints of local identity, declared like any other. Inert: what they do is behind `context.identity`.
 * @throws {TypeError} For an unknown key or a prefix that is no path.
 */
export function identityEndpoints(config: IdentityEndpointsConfig): IdentityEndpoints {
  const unknown = Object.keys(config).filter((key) => !KNOWN.includes(key))
  if (unknown.length > 0)
    throw new TypeError(`identityEndpoints: unknown key ${unknown.join(', ')}; it takes ${KNOWN.join(', ')}`)
  const { users, profile, prefix = '', limits = {} } = config
  if (!/^(?:\/[A-Za-z0-9._~-]+)*$/.test(prefix))
    throw new TypeError(`identityEndpoints: prefix is "${prefix}"; write for example "/api/v1"`)
  const settings: EndpointSettings = { prefix, limits: { ...LIMITS, ...limits } }
  const made = {
    register: registerEndpoint(settings, profile),
    login: loginEndpoint(settings),
    refresh: refreshEndpoint(settings),
    logout: logoutEndpoint(settings),
    logoutEverywhere: logoutEverywhereEndpoint(settings),
    me: meEndpoint(settings, users),
    jwks: jwksEndpoint(settings),
    createApiKey: createApiKeyEndpoint(settings),
    listApiKeys: listApiKeysEndpoint(settings),
    revokeApiKey: revokeApiKeyEndpoint(settings),
    listSessions: listSessionsEndpoint(settings),
    endSession: endSessionEndpoint(settings),
    endOtherSessions: endOtherSessionsEndpoint(settings),
    changePassword: changePasswordEndpoint(settings),
  }
  return Object.freeze({ ...made, all: Object.freeze(Object.values(made)) })
}
