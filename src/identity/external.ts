import type { Clock } from '../base/clock.ts'
import { isType } from './compact-form.ts'
import { type ExternalJwt, externalKeys } from './external-keys.ts'
import type { Authenticated, Credential, Identity, Rejected } from './identity.ts'
import { isJwsAlgorithm, JWS_ALGORITHMS } from './jws-algorithm.ts'
import { type JwsVerifier, jwsVerifier } from './jws-verifier.ts'
import { isIssuer, principalKey } from './principal-key.ts'
import { type Claims, checkClaims, invalid, parseClaims, type TimedClaims } from './registered-claims.ts'
import type { VerificationKey } from './verification-key.ts'
import { VerifiedCache } from './verified-cache.ts'

/** Who the claims speak of. Null refuses the token. */
export interface ExternalPrincipal {
  /** The subject, as the rows of the application name their owners. */
  readonly id: string
  readonly tenant?: string | null
  readonly roles?: readonly string[]
  readonly scopes?: readonly string[]
  readonly kind?: 'user' | 'client'
  readonly authenticatedAt?: Date | null
  readonly factors?: number
}

export interface ExternalConfig {
  readonly jwt: ExternalJwt
  readonly principal: (claims: Claims) => ExternalPrincipal | null
  /** Verified tokens remembered. Default 10,000. */
  readonly cacheSize?: number
}

const KNOWN = ['jwt', 'principal', 'cacheSize']
const KNOWN_JWT = ['alg', 'key', 'jwks', 'issuer', 'audience', 'typ', 'maxLifetimeSeconds', 'toleranceSeconds']
const USUAL_TYPES = ['JWT', 'at+jwt']

/**
 * Identity that lives elsewhere: takes the JWTs of one issuer, and no users table exists here. Principals are keyed by issuer and subject.
 * @throws {TypeError} For unknown or missing settings and keys that are weak or of the wrong kind: every fault at once.
 */
export function external(config: ExternalConfig): (deps: { readonly clock: Clock }) => Promise<Identity> {
  const { keys, faults } = parse(config)
  if (faults.length > 0) throw new TypeError(`external: ${faults.join('; ')}`)
  return async ({ clock }) => {
    const verifier = await jwsVerifier(keys)
    const { alg, issuer, audience, typ, maxLifetimeSeconds } = config.jwt
    const cache = new VerifiedCache(config.cacheSize ?? 10_000, [alg, issuer, audience, typ, maxLifetimeSeconds])
    async function verifyAnew(token: string, key: string): Promise<Authenticated | Rejected> {
      const verified = await judge(token, verifier, config, clock.now())
      if (!('rejected' in verified)) cache.set(key, verified)
      return verified
    }
    return Object.freeze({
      kind: 'external' as const,
      service: null,
      describe: Object.freeze({
        credentials: [`${config.jwt.alg} tokens of ${config.jwt.issuer ?? 'an unnamed issuer'}`],
        passwords: null,
        tokens: Object.freeze({ algorithms: Object.freeze([alg]), lifetimeSeconds: maxLifetimeSeconds ?? 86_400 }),
        tokenGaps: tokenGapsOf(config.jwt),
        lacks: ['users, sessions and API keys are the issuer’s matter: locking, deleting and listing happen there'],
      }),
      authenticate: ({ value }: Credential) => {
        const key = cache.keyOf(value)
        return cache.get(key, clock.now()) ?? verifyAnew(value, key)
      },
    })
  }
}

async function judge(
  token: string,
  verifier: JwsVerifier,
  config: ExternalConfig,
  now: number,
): Promise<Authenticated | Rejected> {
  const { issuer = null, audience = null, typ, maxLifetimeSeconds = 86_400, toleranceSeconds = 5 } = config.jwt
  const form = await verifier.verify(token)
  if ('fault' in form) return invalid(form.fault)
  const typed =
    typ === undefined
      ? form.typ === null || USUAL_TYPES.some((usual) => isType(form.typ, usual))
      : isType(form.typ, typ)
  if (!typed) return invalid('it is of another type')
  const claims = parseClaims(form.payload)
  if (!claims) return invalid('its payload is no JSON object')
  const timed = checkClaims(claims, { issuer, audience, maxLifetimeSeconds, toleranceSeconds }, now)
  return 'rejected' in timed ? timed : establish(timed, config)
}

function establish(
  { claims, subject, issuedAt, expiresAt }: TimedClaims,
  config: ExternalConfig,
): Authenticated | Rejected {
  const issuer = config.jwt.issuer ?? claims.iss ?? 'external'
  if (!isIssuer(issuer)) return invalid('its issuer is no name')
  const named = name(claims, config)
  if (typeof named === 'string') return invalid(named)
  const authenticatedAt = named.authenticatedAt?.getTime() ?? null
  const principal = Object.freeze({
    kind: named.kind ?? ('user' as const),
    key: principalKey(issuer, subject),
    issuer,
    id: named.id,
    tenant: named.tenant ?? null,
    roles: Object.freeze([...(named.roles ?? [])]),
    scopes: Object.freeze([...(named.scopes ?? [])]),
    // A new one each time: the principal is remembered for other requests, and an instant cannot be frozen.
    get authenticatedAt() {
      return authenticatedAt === null ? null : new Date(authenticatedAt)
    },
    factors: named.factors ?? 0,
    sessionId: textOrNull(claims.sid),
    tokenId: textOrNull(claims.jti),
  })
  return Object.freeze({ principal, epoch: null, issuedAt, expiresAt })
}

/** The principal that the application reads from the claims, or why there is none. What is not of the declared form is nobody. */
function name(claims: Claims, config: ExternalConfig): ExternalPrincipal | string {
  let named: ExternalPrincipal | null
  try {
    named = config.principal(claims)
  } catch (error) {
    return `principal() threw: ${error instanceof Error ? error.message : 'no error'}`
  }
  if (!named) return 'principal() knows nobody by these claims'
  const { id, tenant = null, roles = [], scopes = [], kind = 'user', authenticatedAt = null, factors = 0 } = named
  const texts = [roles, scopes].every((list) => Array.isArray(list) && list.every((item) => typeof item === 'string'))
  const sound =
    typeof id === 'string' &&
    id !== '' &&
    id.length <= 255 &&
    (tenant === null || (typeof tenant === 'string' && tenant !== '')) &&
    texts &&
    (kind === 'user' || kind === 'client') &&
    (authenticatedAt === null || authenticatedAt instanceof Date) &&
    Number.isSafeInteger(factors)
  return sound ? named : 'principal() gave an id, tenant, roles or scopes that are not what they should be'
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value.length <= 255 ? value : null
}

function tokenGapsOf(jwt: ExternalJwt): readonly string[] {
  return Object.freeze([
    'a changed role or a lost account shows only when the token expires: the issuer has no epoch here (revoking a principal here works)',
    'a single token or session can be revoked here only where tokens carry jti or sid',
    ...(jwt.issuer === undefined ? ['no issuer is checked: whoever holds the key is trusted under any name'] : []),
    ...(jwt.audience === undefined
      ? ['no audience is checked: a token made for another service of the issuer is taken here']
      : []),
    ...(jwt.typ === undefined
      ? ['no type is checked: an identity token of the issuer is taken for an access token']
      : []),
    ...(JWS_ALGORITHMS[jwt.alg].kty === 'oct' ? ['the key is shared: whoever verifies can also sign'] : []),
  ])
}

function parse(config: ExternalConfig): {
  readonly keys: readonly VerificationKey[]
  readonly faults: readonly string[]
} {
  const faults: string[] = []
  const { jwt } = config
  for (const key of Object.keys(config))
    if (!KNOWN.includes(key)) faults.push(`unknown key "${key}"; it takes ${KNOWN.join(', ')}`)
  if (typeof config.principal !== 'function') faults.push('principal must be a function: (claims) => ({ id: … })')
  if (config.cacheSize !== undefined && !isCount(config.cacheSize, 1, 1_000_000))
    faults.push('cacheSize must be a whole number from 1 to 1000000')
  if (typeof jwt !== 'object' || jwt === null) return { keys: [], faults: [...faults, 'jwt is missing'] }
  for (const key of Object.keys(jwt))
    if (!KNOWN_JWT.includes(key)) faults.push(`unknown key "jwt.${key}"; it takes ${KNOWN_JWT.join(', ')}`)
  if (!isJwsAlgorithm(jwt.alg))
    return { keys: [], faults: [...faults, `jwt.alg must be one of ${Object.keys(JWS_ALGORITHMS).join(', ')}`] }
  if (jwt.issuer !== undefined && !isIssuer(jwt.issuer))
    faults.push('jwt.issuer must be a text of 1 to 255 characters without white space')
  if (jwt.audience !== undefined && (typeof jwt.audience !== 'string' || jwt.audience === ''))
    faults.push('jwt.audience must be a text')
  if (jwt.typ !== undefined && (typeof jwt.typ !== 'string' || jwt.typ === '')) faults.push('jwt.typ must be a text')
  if (jwt.maxLifetimeSeconds !== undefined && !isCount(jwt.maxLifetimeSeconds, 1, 31_536_000))
    faults.push('jwt.maxLifetimeSeconds must be a whole number from 1 to 31536000')
  if (jwt.toleranceSeconds !== undefined && !isCount(jwt.toleranceSeconds, 0, 300))
    faults.push('jwt.toleranceSeconds must be a whole number from 0 to 300')
  try {
    return { keys: externalKeys(jwt), faults }
  } catch (error) {
    return { keys: [], faults: [...faults, (error as Error).message] }
  }
}

function isCount(value: unknown, min: number, max: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max
}
