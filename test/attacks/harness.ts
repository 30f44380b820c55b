import { randomBytes, randomUUID } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { type Api, api, ManualClock } from 'turnpike'
import { external, generateTokenKeys, type IdentityFactory, isLocal, local, type TokenKeys } from 'turnpike/identity'
import { type Embedded, embedded } from 'turnpike/stores/embedded'
import { memoryState } from 'turnpike/stores/memory'
import { generateKeyRing, type KeyRing } from 'turnpike/vault'
import { billing as billingApi, scopes, scopesOf } from '../../examples/billing/api.ts'
import type { Billing, InvoiceRow } from '../../examples/billing/billing.ts'
import { invoiceEndpoints } from '../../examples/billing/invoices.ts'
import { type MemoryTables, memoryBilling, memoryTables } from '../../examples/billing/memory-billing.ts'
import { migrations } from '../../examples/billing/migrations.ts'
import { sqlBilling, type Tables } from '../../examples/billing/sql-billing.ts'
import { profile } from '../../examples/billing/users.ts'
import type { AuditEvent } from '../../src/audit/event.ts'
import type { WalkRecord } from '../../src/audit/walk-log.ts'
import { CHECKS, type Checks } from '../../src/checks.ts'
import type { Principal } from '../../src/contract/principal.ts'
import { createGateWith, type Gate, type GateSettings } from '../../src/gate.ts'
import { builtInEndpoints } from '../../src/server/built-in/built-in-endpoints.ts'
import type { Door } from '../../src/server/exchange.ts'
import { Exchanges } from '../../src/server/exchanges.ts'
import { fastifyHost } from '../../src/server/fastify-host.ts'
import { parseHttpOptions } from '../../src/server/http-options.ts'
import { createHttpServer, type HttpServer } from '../../src/server/http-server.ts'
import { handlerOf } from '../../src/server/node-handler.ts'
import type { State } from '../../src/stores/store.ts'
import { listLog } from '../support/small-gate.ts'
import { control } from './attack.ts'
import { type ExternalIssuer, publishedKeyIssuer, sharedSecretIssuer, type TokenParts } from './external-issuer.ts'
import { type Answer, type Sent, send } from './http-client.ts'
import { ACME, type Caller, GLOBEX, type Person } from './people.ts'

/** One way to run the same API. What holds must hold in all of them. */
export interface Variant {
  readonly host: 'fastify' | 'node'
  readonly store: 'embedded' | 'memory'
  /** Row-level security under the object rules. Memory has none. */
  readonly rowSecurity: boolean
  /** Users of our own, or tokens of another issuer: HS256 without `typ`, or Ed25519 with a key set. */
  readonly identity: 'local' | 'HS256' | 'EdDSA'
}

export const MAIN: Variant = { host: 'fastify', store: 'embedded', rowSecurity: true, identity: 'local' }
export const VARIANTS: readonly Variant[] = [
  MAIN,
  { host: 'node', store: 'embedded', rowSecurity: false, identity: 'local' },
  { host: 'fastify', store: 'memory', rowSecurity: false, identity: 'HS256' },
]
/** Starts in some milliseconds. */
export const FAST: Variant = { host: 'node', store: 'memory', rowSecurity: false, identity: 'HS256' }

export const nameOf = ({ host, store, rowSecurity, identity }: Variant): string =>
  `${host}, ${store}${store === 'embedded' && !rowSecurity ? ' without row-level security' : ''}, ${identity} identity`

export interface TargetOptions {
  /** Checks to take away. */
  readonly checks?: Partial<Checks>
  readonly settings?: Partial<GateSettings>
}

export interface CallOptions {
  readonly as?: Caller
  readonly headers?: Readonly<Record<string, string>> | readonly (readonly [string, string])[]
  /** Objects are sent as JSON; texts and bytes as they are, as `application/json` unless a header says otherwise. */
  readonly body?: unknown
  /** Default true: a 429 with a short Retry-After moves the clock and asks again, so that limits do not get in the way of other attacks. */
  readonly patient?: boolean
}

/** An object with a text that is nowhere else: whoever shows the text has seen the object. */
export interface Canary {
  readonly id: string
  readonly title: string
  readonly owner: Person
}

/** The demo API over real HTTP, with people in it. */
export interface Target {
  readonly variant: Variant
  readonly api: Api
  readonly gate: Gate
  readonly state: State
  readonly clock: ManualClock
  readonly port: number
  /** Tenant Acme: alice, bob and the admin; Globex: carol. */
  readonly alice: Person
  readonly bob: Person
  readonly carol: Person
  readonly admin: Person
  /** Alice's API keys: to read invoices, and with every scope there is. */
  readonly readKey: Caller
  readonly writeKey: Caller
  /** One invoice of each person, made over HTTP. */
  readonly canaries: { readonly alice: Canary; readonly bob: Canary; readonly carol: Canary; readonly admin: Canary }
  /** The application's data without any wall: to plant and to look after. */
  readonly billing: Billing
  readonly audit: AuditEvent[]
  /** How refused requests walked, by request id. */
  readonly walks: ReadonlyMap<string, WalkRecord>
  /** Every answer so far. */
  readonly answers: readonly Answer[]
  /** The outside issuer, where there is one. */
  readonly issuer: ExternalIssuer | null
  /** What the tokens of local identity are signed with, to sign what should never pass; null with an outside issuer. */
  readonly tokenKeys: TokenKeys | null

  /** @param route - `GET /api/v1/invoices/…`; the target goes out as written. */
  call(route: string, options?: CallOptions): Promise<Answer>
  /** Exactly this, once. */
  raw(sent: Partial<Sent> & Pick<Sent, 'method' | 'target'>): Promise<Answer>
  /** A new invoice, made over HTTP by its owner, with a title of its own. */
  invoice(owner: Person, more?: Readonly<Record<string, unknown>>): Promise<Canary>
  /** The invoice as its owner reads it. @throws {Inconclusive} When he cannot. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into JSON bodies.
  readsBack(invoice: Canary): Promise<any>
  /** The row under the invoice, without any wall; null when it is gone. */
  stored(id: string): Promise<InvoiceRow | null>
  /** The rows that say this invoice was paid, without any wall. */
  payments(invoiceId: string): Promise<readonly unknown[]>
  /** Somebody new, for attacks that use people up. */
  person(more?: { readonly tenantId?: string; readonly roles?: readonly string[] }): Promise<Person>
  /** Fresh tokens of a person, with a session of their own. Local identity only. */
  login(person: Person): Promise<{
    readonly accessToken: string
    readonly refreshToken: string
    readonly expiresIn: number
    readonly deviceToken: string
  }>
  /** A token of the outside issuer for this person, with parts replaced. */
  issue(person: Person, parts?: TokenParts): string
  close(): Promise<void>
}

const PASSWORD_HASH = { algorithm: 'argon2id', passes: 1 } as const
const RENEW_MILLISECONDS = 120_000
const MAX_WAIT_SECONDS = 120
const MAX_WAITS = 3

/** What several targets of one test file share: a database costs seconds to start. */
interface Ground {
  readonly clock: ManualClock
  readonly keys: KeyRing
  readonly tokenKeys: TokenKeys
  readonly state: State
  readonly billing: Billing
  billingFor(principal: Principal, rowSecurity: boolean): Billing
  payments(invoiceId: string): Promise<readonly unknown[]>
}

let sharedDatabase: Promise<Ground & { readonly state: Embedded }> | null = null

async function databaseGround(): Promise<Ground & { readonly state: Embedded }> {
  const clock = startClock()
  const state = await embedded(':memory:', { clock, migrations })
  const open = () => sqlBilling(state.database.dangerouslyWithoutRowSecurity<Tables>())
  return {
    clock,
    keys: generateKeyRing(),
    tokenKeys: await generateTokenKeys(),
    state,
    billing: open(),
    payments: (invoiceId) =>
      state.database
        .dangerouslyWithoutRowSecurity<Tables>()
        .selectFrom('payments')
        .selectAll()
        .where('invoice_id', '=', invoiceId)
        .execute(),
    billingFor: (principal, rowSecurity) => (rowSecurity ? sqlBilling(state.database.as<Tables>(principal)) : open()),
  }
}

function openDatabase(): Promise<Ground> {
  sharedDatabase ??= databaseGround()
  return sharedDatabase
}

async function memoryGround(): Promise<Ground> {
  const clock = startClock()
  const tables: MemoryTables = memoryTables()
  const billing = memoryBilling(tables)
  return {
    clock,
    keys: generateKeyRing(),
    tokenKeys: await generateTokenKeys(),
    state: memoryState({ clock }),
    billing,
    payments: async (invoiceId) => [...tables.payments.values()].filter((row) => row.invoiceId === invoiceId),
    billingFor: () => billing,
  }
}

/** After the deprecation of version 0, before its sunset. */
const startClock = () => new ManualClock(Date.UTC(2026, 8, 1, 12))

/** The same state, with users and API keys read by the owner's rights, as if no policy were there. */
function withoutRowSecurity(state: State): State {
  const isPrincipal = (given: unknown) =>
    typeof given === 'object' && given !== null && 'issuer' in given && 'roles' in given
  const blind = <T extends object>(store: T): T =>
    new Proxy(store, {
      get(target, name) {
        const member = Reflect.get(target, name, target)
        return typeof member === 'function'
          ? (...given: unknown[]) =>
              Reflect.apply(
                member,
                target,
                given.filter((each) => !isPrincipal(each)),
              )
          : member
      },
    })
  return { ...state, users: blind(state.users), apiKeys: blind(state.apiKeys) }
}

/** Closes the database that the targets of this file shared. Call it after them, once. */
export async function closeDatabase(): Promise<void> {
  const ground = await sharedDatabase
  sharedDatabase = null
  await ground?.state.close()
}

/** The part of the demo that needs no users of its own. */
export const billingWithoutUsers: Api = api({
  title: 'Billing',
  version: billingApi.version,
  publicDocs: true,
  endpoints: invoiceEndpoints.filter(({ path }) => !path.endsWith('/viewers')),
})

/** Starts the demo API as this variant, with people, API keys and one canary each. */
export async function startTarget(variant: Variant, options: TargetOptions = {}): Promise<Target> {
  if (variant.store === 'memory' && variant.rowSecurity) throw new RangeError('memory has no row-level security')
  const ground = variant.store === 'memory' ? await memoryGround() : await openDatabase()
  const { clock } = ground
  const state = variant.store === 'embedded' && !variant.rowSecurity ? withoutRowSecurity(ground.state) : ground.state
  const issuer =
    variant.identity === 'local' ? null : variant.identity === 'HS256' ? sharedSecretIssuer() : publishedKeyIssuer()
  const served = issuer ? billingWithoutUsers : billingApi
  const audit = listLog()
  const walks = new Map<string, WalkRecord>()
  const gate = await createGateWith(
    { ...CHECKS, ...options.checks },
    served,
    {
      state,
      identity: issuer ? externalIdentity(issuer) : localIdentity(ground),
      keys: ground.keys,
      audit,
      context: (principal) => ({ billing: ground.billingFor(principal, variant.rowSecurity) }),
      environment: 'test',
      clock,
      // The clock stands still between requests, so a bucket would never fill again.
      addressBucket: { perSecond: 1_000_000, burst: 1_000_000 },
      walks: { write: (walk) => void walks.set(walk.requestId, walk), flush: async () => {}, close: async () => {} },
      ...options.settings,
    },
    builtInEndpoints(
      served,
      { ping: () => state.ping(), overload: () => null },
      async () => 'turnpike_canary_total 1\n',
    ),
  )
  const host = await hostOf(variant, gate)
  const port = await host.http.listen('127.0.0.1', 0)
  const target = new RunningTarget({
    variant,
    gate,
    state,
    clock,
    port,
    issuer,
    audit: audit.events,
    walks,
    billing: ground.billing,
    tokenKeys: issuer ? null : ground.tokenKeys,
    payments: ground.payments,
    host,
    ownsState: variant.store === 'memory',
  })
  try {
    await target.populate()
  } catch (error) {
    await target.close()
    throw error
  }
  return target
}

function localIdentity({ tokenKeys }: Ground): IdentityFactory {
  return local({
    issuer: 'https://billing.example',
    audience: 'billing',
    tokenKeys,
    passwordPolicy: 'composition',
    passwordHash: PASSWORD_HASH,
    profile,
    scopes: scopesOf,
  })
}

function externalIdentity({ jwt }: ExternalIssuer): IdentityFactory {
  const names = (value: unknown) => (Array.isArray(value) ? value.map(String) : [])
  return external({
    jwt,
    principal: ({ sub, tenant, roles, scopes: held, client, auth_time }) => ({
      id: String(sub),
      tenant: typeof tenant === 'string' ? tenant : null,
      roles: names(roles),
      scopes: names(held),
      kind: client === true ? 'client' : 'user',
      authenticatedAt: typeof auth_time === 'number' ? new Date(auth_time * 1000) : null,
      factors: 1,
    }),
  })
}

interface Host {
  readonly http: HttpServer
  close(): Promise<void>
}

/** The demo's own way to serve, with a gate whose checks may be taken away. */
async function hostOf(variant: Variant, gate: Gate): Promise<Host> {
  const faults: string[] = []
  const settings = parseHttpOptions({}, gate.api, faults)
  const door: Door = { gate, exchanges: new Exchanges(), shed: null, mounted: false }
  const make = (listener: RequestListener) => createHttpServer(listener, settings, null, door)
  const handler = handlerOf(door)
  if (variant.host === 'node') {
    const http = make(handler)
    return { http, close: () => http.stop(1) }
  }
  const made: HttpServer[] = []
  const fastify = await fastifyHost(handler, (listener) => {
    made.push(make(listener))
    return (made[0] as HttpServer).server
  })
  const http = made[0] as HttpServer
  return {
    http,
    async close() {
      await http.stop(1)
      await fastify.close()
    },
  }
}

interface Parts
  extends Pick<
    Target,
    | 'variant'
    | 'gate'
    | 'state'
    | 'clock'
    | 'port'
    | 'issuer'
    | 'tokenKeys'
    | 'audit'
    | 'walks'
    | 'billing'
    | 'payments'
  > {
  readonly host: Host
  readonly ownsState: boolean
}

class RunningTarget implements Target {
  readonly variant: Variant
  readonly api: Api
  readonly gate: Gate
  readonly state: State
  readonly clock: ManualClock
  readonly port: number
  readonly billing: Billing
  readonly audit: AuditEvent[]
  readonly walks: ReadonlyMap<string, WalkRecord>
  readonly answers: Answer[] = []
  readonly issuer: ExternalIssuer | null
  readonly tokenKeys: TokenKeys | null
  readonly payments: Target['payments']
  alice!: Person
  bob!: Person
  carol!: Person
  admin!: Person
  readKey!: Caller
  writeKey!: Caller
  canaries!: Target['canaries']
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
    this.variant = parts.variant
    this.gate = parts.gate
    this.api = parts.gate.api
    this.state = parts.state
    this.clock = parts.clock
    this.port = parts.port
    this.issuer = parts.issuer
    this.audit = parts.audit
    this.walks = parts.walks
    this.billing = parts.billing
    this.tokenKeys = parts.tokenKeys
    this.payments = parts.payments
  }

  async populate(): Promise<void> {
    this.alice = await this.person({ name: 'alice' })
    this.bob = await this.person({ name: 'bob' })
    this.carol = await this.person({ name: 'carol', tenantId: GLOBEX })
    this.admin = await this.person({ name: 'admin', roles: ['admin', 'billing'] })
    this.readKey = await this.#key(this.alice, ['invoices:read'])
    this.writeKey = await this.#key(this.alice, [...scopes])
    this.canaries = {
      alice: await this.invoice(this.alice),
      bob: await this.invoice(this.bob),
      carol: await this.invoice(this.carol),
      admin: await this.invoice(this.admin),
    }
  }

  async call(route: string, options: CallOptions = {}): Promise<Answer> {
    const space = route.indexOf(' ')
    const given = options.headers ?? {}
    const headers: (readonly [string, string])[] = Array.isArray(given) ? [...given] : Object.entries(given)
    const has = (name: string) => headers.some(([each]) => each.toLowerCase() === name)
    const { body = null } = options
    const content =
      body === null || typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
    if (content !== null && !has('content-type')) headers.push(['Content-Type', 'application/json'])
    for (let waits = 0; ; waits++) {
      const credential = (await options.as?.credential()) ?? null
      const authorization =
        credential === null || has('authorization') ? [] : [['Authorization', `Bearer ${credential}`] as const]
      const answer = await this.raw({
        method: route.slice(0, space),
        target: route.slice(space + 1),
        headers: [...authorization, ...headers],
        body: content,
      })
      const wait = answer.status === 429 ? Number(answer.headers['retry-after']) : Number.NaN
      if (options.patient === false || waits === MAX_WAITS || !(wait <= MAX_WAIT_SECONDS)) return answer
      this.clock.advance(wait * 1000)
    }
  }

  async raw({ headers = [], body = null, ...sent }: Parameters<Target['raw']>[0]): Promise<Answer> {
    const answer = await send(this.port, { ...sent, headers, body })
    this.answers.push(answer)
    return answer
  }

  async invoice(owner: Person, more: Readonly<Record<string, unknown>> = {}): Promise<Canary> {
    const title = `canary-${randomBytes(12).toString('hex')}`
    const made = control(
      await this.call('POST /api/v1/invoices', {
        as: owner,
        body: { title, total: 4200, cardNumber: '4111111111111111', ...more },
      }),
      'making an invoice',
    )
    return { id: made.json.id, title: made.json.title, owner }
  }

  async readsBack({ id, owner }: Canary): Promise<unknown> {
    return control(await this.call(`GET /api/v1/invoices/${id}`, { as: owner }), 'reading back').json
  }

  async stored(id: string): Promise<InvoiceRow | null> {
    return (await this.billing.invoices([id]))[0] ?? null
  }

  async person({
    name = 'somebody',
    tenantId = ACME,
    roles = [],
  }: {
    readonly name?: string
    readonly tenantId?: string
    readonly roles?: readonly string[]
  } = {}): Promise<Person> {
    const email = `${name}-${randomUUID()}@example.com`
    const password = `Aa1-${randomBytes(12).toString('hex')}`
    const { identity } = this.gate
    const userId = isLocal(identity)
      ? (await identity.provision({ email, password, name: 'Some Body', age: 40, tenantId, roles: [...roles] })).id
      : randomUUID()
    let token = ''
    let renewAt = 0
    const person: Person = {
      name,
      kind: 'user',
      userId,
      tenantId,
      roles,
      scopes: isLocal(identity) || roles.includes('admin') ? [...scopesOf(roles)] : [],
      email,
      password,
      credential: async () => {
        if (this.clock.now() < renewAt) return token
        const seconds = this.issuer ? 900 : null
        const session =
          seconds === null ? await this.login(person) : { accessToken: this.issue(person), expiresIn: seconds }
        token = session.accessToken
        renewAt = this.clock.now() + session.expiresIn * 1000 - RENEW_MILLISECONDS
        return token
      },
    }
    return person
  }

  async login({
    email,
    password,
  }: Person): Promise<{ accessToken: string; refreshToken: string; deviceToken: string; expiresIn: number }> {
    return control(await this.call('POST /api/v1/auth/login', { body: { email, password } }), 'login').json
  }

  issue({ userId, tenantId, roles, scopes: held }: Person, parts: TokenParts = {}): string {
    if (!this.issuer) throw new TypeError('this target has no outside issuer')
    const now = this.clock.now()
    return this.issuer.issue(
      { sub: userId, tenant: tenantId, roles, scopes: held, auth_time: Math.floor(now / 1000) },
      now,
      parts,
    )
  }

  async #key(owner: Person, held: readonly string[]): Promise<Caller> {
    const shared = {
      name: `${owner.name}'s key for ${held.join(' and ')}`,
      kind: 'client' as const,
      userId: owner.userId,
      tenantId: owner.tenantId,
      roles: [],
      scopes: held,
    }
    if (this.issuer)
      return {
        ...shared,
        credential: async () => this.issue(owner, { claims: { client: true, roles: [], scopes: held } }),
      }
    const made = control(
      await this.call('POST /api/v1/api-keys', { as: owner, body: { name: 'attack', scopes: held } }),
      'making an API key',
    )
    const key = made.json.key as string
    return { ...shared, credential: async () => key }
  }

  async close(): Promise<void> {
    await this.#parts.host.close()
    await this.gate.close()
    if (this.#parts.ownsState) await this.state.close()
  }
}
