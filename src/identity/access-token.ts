import { randomBytes } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { isType } from './compact-form.ts'
import type { Authenticated, Rejected } from './identity.ts'
import { type JwsVerifier, jwsVerifier } from './jws-verifier.ts'
import { principalKey } from './principal-key.ts'
import { checkClaims, invalid, parseClaims, type TimedClaims } from './registered-claims.ts'
import type { TokenKeys } from './token-keys.ts'
import { VerifiedCache } from './verified-cache.ts'

const TYPE = 'at+jwt'
const TOLERANCE_SECONDS = 5

export interface AccessTokenPolicy {
  readonly issuer: string
  readonly audience: string
  readonly clientId: string
  readonly lifetimeSeconds: number
  /** Verified tokens remembered. */
  readonly cacheSize: number
}

/** What a token says of a signed-in user. */
export interface AccessGrant {
  readonly subject: string
  readonly tenant: string | null
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
  readonly sessionId: string
  readonly authenticatedAt: Date
  readonly factors: number
  readonly epoch: number
}

export interface AccessTokens {
  issue(grant: AccessGrant): Promise<{ readonly token: string; readonly tokenId: string; readonly expiresAt: Date }>
  /** At once when the token was verified before. */
  verify(token: string): Authenticated | Rejected | Promise<Authenticated | Rejected>
}

/** JWT access tokens (RFC 9068): issuer and algorithm come from the key that `kid` names, and only the type `at+jwt` is one. */
export async function accessTokens(keys: TokenKeys, policy: AccessTokenPolicy, clock: Clock): Promise<AccessTokens> {
  const { CompactSign } = await import('jose')
  const verifier = await jwsVerifier(keys.verifiers)
  const { kid, alg, signer } = keys.active
  const cache = new VerifiedCache(policy.cacheSize, [
    policy.issuer,
    policy.audience,
    policy.lifetimeSeconds,
    keys.verifiers.map((key) => key.kid),
  ])

  async function verifyAnew(token: string, key: string): Promise<Authenticated | Rejected> {
    const verified = await judge(token, verifier, policy, clock.now())
    if (!('rejected' in verified)) cache.set(key, verified)
    return verified
  }

  return {
    async issue(grant) {
      const issuedAt = Math.floor(clock.now() / 1000)
      const tokenId = randomBytes(16).toString('base64url')
      const claims = claimsOf(grant, policy, tokenId, issuedAt)
      const token = await new CompactSign(Buffer.from(JSON.stringify(claims)))
        .setProtectedHeader({ alg, kid, typ: TYPE })
        .sign(signer)
      return { token, tokenId, expiresAt: new Date(claims.exp * 1000) }
    },
    verify(token) {
      const key = cache.keyOf(token)
      return cache.get(key, clock.now()) ?? verifyAnew(token, key)
    },
  }
}

function claimsOf(grant: AccessGrant, policy: AccessTokenPolicy, tokenId: string, issuedAt: number) {
  return {
    iss: policy.issuer,
    aud: policy.audience,
    sub: grant.subject,
    client_id: policy.clientId,
    iat: issuedAt,
    exp: issuedAt + policy.lifetimeSeconds,
    jti: tokenId,
    sid: grant.sessionId,
    scope: grant.scopes.join(' '),
    roles: grant.roles,
    tenant: grant.tenant,
    auth_time: Math.floor(grant.authenticatedAt.getTime() / 1000),
    factors: grant.factors,
    epoch: grant.epoch,
  }
}

async function judge(
  token: string,
  verifier: JwsVerifier,
  policy: AccessTokenPolicy,
  now: number,
): Promise<Authenticated | Rejected> {
  const form = await verifier.verify(token)
  if ('fault' in form) return invalid(form.fault)
  if (!isType(form.typ, TYPE)) return invalid('it is no access token')
  const claims = parseClaims(form.payload)
  if (!claims) return invalid('its payload is no JSON object')
  const { issuer, audience, lifetimeSeconds } = policy
  const timed = checkClaims(
    claims,
    { issuer, audience, maxLifetimeSeconds: lifetimeSeconds, toleranceSeconds: TOLERANCE_SECONDS },
    now,
  )
  return 'rejected' in timed ? timed : establish(timed, policy)
}

/** Each claim has exactly the form in which we write it. */
function establish(
  { claims, subject, issuedAt, expiresAt }: TimedClaims,
  policy: AccessTokenPolicy,
): Authenticated | Rejected {
  const { client_id, iat, jti, sid, scope, roles, tenant, auth_time, factors, epoch } = claims
  const texts =
    [client_id, jti, sid].every((text) => typeof text === 'string' && text !== '') && typeof scope === 'string'
  const numbers = [iat, auth_time, factors, epoch].every(
    (number) => Number.isSafeInteger(number) && (number as number) >= 0,
  )
  const lists = Array.isArray(roles) && roles.every((role) => typeof role === 'string')
  if (!texts || !numbers || !lists || !(tenant === null || typeof tenant === 'string'))
    return invalid('a claim is missing or malformed')
  const principal = Object.freeze({
    kind: 'user' as const,
    key: principalKey(policy.issuer, subject),
    issuer: policy.issuer,
    id: subject,
    tenant,
    roles: Object.freeze([...roles]) as readonly string[],
    scopes: Object.freeze((scope as string).split(' ').filter((each) => each !== '')),
    // A new one each time: the principal is remembered for other requests, and an instant cannot be frozen.
    get authenticatedAt() {
      return new Date((auth_time as number) * 1000)
    },
    factors: factors as number,
    sessionId: sid as string,
    tokenId: jti as string,
  })
  return Object.freeze({ principal, epoch: epoch as number, issuedAt, expiresAt })
}
