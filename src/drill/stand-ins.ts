import { createHash, randomUUID } from 'node:crypto'
import { isIP } from 'node:net'
import type { Eventually } from '../base/eventually.ts'
import { CHECKS, type Checks } from '../checks.ts'
import type { OutboundTarget } from '../guards/outbound/outbound-target.ts'
import type { Authenticated } from '../identity/identity.ts'
import { principalKey } from '../identity/principal-key.ts'

/** What stands where a check was taken away. Each lets everything pass that the check is there for, and does what else it did. */
export const STAND_INS = {
  addressBucket: () => {},
  lifecycle: () => ({}),
  origin: () => ({ headers: {} }),
  /** Believes what a token says of itself; what is no token, such as an API key, is verified as ever. */
  verify: (identity, credential): Eventually<Authenticated> => {
    const { value } = credential
    if (value.split('.').length !== 3) return CHECKS.verify(identity, credential)
    const claims = JSON.parse(Buffer.from(value.split('.')[1] ?? '', 'base64url').toString('utf8'))
    const issuer = identity.kind === 'local' ? claims.iss : 'external'
    const principal = {
      kind: 'user' as const,
      key: principalKey(issuer, claims.sub),
      issuer,
      id: claims.sub,
      tenant: claims.tenant,
      roles: claims.roles ?? [],
      scopes: claims.scopes ?? (typeof claims.scope === 'string' ? claims.scope.split(' ') : []),
      authenticatedAt: typeof claims.auth_time === 'number' ? new Date(claims.auth_time * 1000) : null,
      factors: 1,
      sessionId: claims.sid ?? null,
      tokenId: claims.jti ?? null,
    }
    return { principal, epoch: claims.epoch ?? null, issuedAt: claims.iat * 1000, expiresAt: claims.exp * 1000 }
  },
  standing: () => {},
  budget: () => {},
  functionAccess: () => {},
  bodySize: () => 100_000_000,
  acceptable: () => {},
  signedBody: (body, { bytes }) => `webhook:${body.sender}:${createHash('sha256').update(bytes).digest('hex')}`,
  takeDelivery: async (key, _body, claims, now) => {
    const claim = { key: `${key}:${randomUUID()}`, holder: randomUUID() }
    await claims.claim({
      ...claim,
      fingerprint: '',
      at: new Date(now),
      leaseUntil: new Date(now + 60_000),
      expiresAt: new Date(now + 60_000),
    })
    return claim
  },
  jsonDepth: () => 1_000_000,
  schema: async (schema, value, at) => {
    try {
      return await CHECKS.schema(schema, value, at)
    } catch {
      return value
    }
  },
  writableFields: () => {},
  inputBudget: () => {},
  replay: async () => null,
  tenantWall: () => {},
  parentLink: () => {},
  objectAccess: async () => {},
  referenceAccess: async () => {},
  flowStepUp: () => {},
  flowOrder: async () => {},
  flowQuota: async () => null,
  flowOnce: async () => null,
  deadline: () => 60_000,
  concurrency: () => 1_000_000,
  replyRows: async () => {},
  /** Reads every field in clear. */
  reader: (principal, now, vault) => ({ ...CHECKS.reader(principal, now, vault), reads: () => true }),
  /** Leaves beside the projected members those that the contract does not have, and sends what the contract refuses as it is. */
  projection: (project, value, reader) => {
    try {
      return merged(value, project(value, reader))
    } catch {
      return value
    }
  },
  problem: (refusal, requestId) => ({
    ...CHECKS.problem(refusal, requestId),
    detail: `${refusal.detail} ${refusal.cause instanceof Error ? refusal.cause.stack : refusal.stack}`,
  }),
  securityHeaders: () => ({}),
} satisfies Partial<{
  [Name in keyof Checks]: (...given: Parameters<Extract<Checks[Name], (...given: never[]) => unknown>>) => unknown
}>

function merged(raw: unknown, projected: unknown): unknown {
  if (Array.isArray(raw) && Array.isArray(projected)) return projected.map((each, index) => merged(raw[index], each))
  if (typeof raw !== 'object' || raw === null || typeof projected !== 'object' || projected === null) return projected
  const shown = projected as Readonly<Record<string, unknown>>
  return Object.fromEntries(
    [...new Set([...Object.keys(raw), ...Object.keys(shown)])].map((name) => [
      name,
      name in shown
        ? merged((raw as Record<string, unknown>)[name], shown[name])
        : (raw as Record<string, unknown>)[name],
    ]),
  )
}

/** A parser that reads whatever the platform's own reads, and calls it. */
export function anyTarget(text: string): OutboundTarget {
  const url = new URL(text)
  const secure = url.protocol === 'https:'
  return {
    origin: url.origin,
    secure,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || (secure ? 443 : 80)),
    path: url.pathname,
  }
}

/** Whatever a name leads to. */
export const anyAddress: Checks['outbound']['addresses'] = async ({ host }, { lookup }) =>
  isIP(host) > 0 ? [host] : await lookup(host)

/** Asks for the address again when it connects. */
export const connectByName =
  (lookup: (name: string) => Promise<readonly string[]>): Checks['outbound']['connect'] =>
  (target, _addresses, options) =>
  (asked, callback) => {
    void Promise.resolve(isIP(target.host) > 0 ? [target.host] : lookup(target.host)).then((addresses) =>
      CHECKS.outbound.connect(target, addresses, options)(asked, callback),
    )
  }
