import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import type { AddressInfo, Server } from 'node:net'
import { type CryptoKey, SignJWT } from 'jose'
import { destination, type Logger, pino } from 'pino'

/** A server that is compared: it answers `GET /api/v1/invoices/:invoice`. */
export interface Contender {
  readonly name: string
  readonly title: string
  /** False for those that check nothing: they are the measure, not competitors. */
  readonly guarded: boolean
  start(): Promise<Running>
}

export interface Running {
  readonly port: number
  /** What the load asks for; each request is the next one in turn. */
  readonly calls: readonly Call[]
  /** A caller with a valid token who is neither owner, viewer nor admin; null where nobody asks. */
  readonly stranger: string | null
  close(): Promise<void>
}

export interface Call {
  readonly path: string
  readonly token: string | null
}

/** The reply of every contender. */
export interface Invoice {
  readonly id: string
  readonly userId: string
  readonly tenantId: string
  readonly title: string
  readonly total: number
  readonly currency: 'EUR' | 'USD'
  readonly status: 'open' | 'paid'
  readonly cardNumber: string | null
  readonly createdAt: string
}

export const ISSUER = 'https://bench.example'
export const AUDIENCE = 'https://bench.example/api'
export const ORIGIN = 'https://app.bench.example'
export const MAX_REQUESTS_A_MINUTE = 60_000_000
export const PATH = '/api/v1/invoices'

/** The same invoice everywhere, but for its ids. */
export function invoiceOf(userId: string, tenantId: string): Invoice {
  return {
    id: randomUUID(),
    userId,
    tenantId,
    title: 'Consulting, first quarter',
    total: 1_249_900,
    currency: 'EUR',
    status: 'open',
    cardNumber: null,
    createdAt: '2026-01-15T09:30:00.000Z',
  }
}

/** Access lines are formatted and written by all contenders, and kept by nobody. */
export function benchLog(): Logger {
  return pino(destination({ dest: '/dev/null', minLength: 4096, sync: false }))
}

/** What every access line holds. */
export interface AccessFacts {
  readonly requestId: string
  readonly method: string
  readonly path: string
  readonly status: number
  readonly ms: number
  readonly principal: string
}

/** The headers that every guarded contender sends beside those of the limit. */
export const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': /default-src 'none'/,
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  vary: /Origin/,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-xss-protection': '0',
  'x-request-id': /^[0-9a-f-]{36}$/,
  'content-type': /^application\/json/,
} as const

/** The same choice of headers for helmet, in Express and in Fastify. */
export const HELMET = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"] },
  },
  crossOriginEmbedderPolicy: false,
  crossOriginOpenerPolicy: false,
  crossOriginResourcePolicy: { policy: 'same-origin' },
  dnsPrefetchControl: false,
  frameguard: { action: 'deny' },
  hsts: false,
  ieNoOpen: false,
  originAgentCluster: false,
  permittedCrossDomainPolicies: false,
  referrerPolicy: { policy: 'no-referrer' },
} as const

export interface HandmadeWorld {
  readonly publicKey: KeyObject
  readonly invoices: ReadonlyMap<string, Invoice>
  readonly viewers: ReadonlyMap<string, ReadonlySet<string>>
  readonly calls: readonly Call[]
  readonly stranger: string
}

/** Users, tokens and one invoice for the servers that are assembled by hand. */
export async function handmadeWorld(alg: 'EdDSA' | 'ES256'): Promise<HandmadeWorld> {
  const { publicKey, privateKey } =
    alg === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const tenant = randomUUID()
  const owner = randomUUID()
  const invoice = invoiceOf(owner, tenant)
  return {
    publicKey,
    invoices: new Map([[invoice.id, invoice]]),
    viewers: new Map(),
    calls: [{ path: `${PATH}/${invoice.id}`, token: await tokenFor(owner, tenant, alg, privateKey) }],
    stranger: await tokenFor(randomUUID(), tenant, alg, privateKey),
  }
}

/** An access token with the claims that Turnpike's own tokens carry. */
export function tokenFor(subject: string, tenant: string, alg: string, key: KeyObject | CryptoKey): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    client_id: 'first-party',
    sid: randomUUID(),
    scope: '',
    roles: ['user'],
    tenant,
    auth_time: now,
    factors: 1,
    epoch: 0,
  }
  return new SignJWT(claims)
    .setProtectedHeader({ alg, kid: 'bench', typ: 'at+jwt' })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(subject)
    .setIssuedAt(now)
    .setExpirationTime(now + 3600)
    .setJti(randomUUID())
    .sign(key)
}

/** Starts a server on a free loopback port. */
export function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}
