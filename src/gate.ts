import type { AuditLog } from './audit/event.ts'
import type { Walks } from './audit/walk-log.ts'
import { parseRange } from './base/address.ts'
import { type Clock, systemClock } from './base/clock.ts'
import { Secret } from './base/secret.ts'
import { CHECKS, type Checks } from './checks.ts'
import type { Api } from './contract/api.ts'
import type { AppContext } from './contract/context.ts'
import type { Endpoint } from './contract/endpoint.ts'
import type { Principal } from './contract/principal.ts'
import type { AnyResource, SealableRow, StoredRow } from './contract/resource.ts'
import { type Finding, review, type Surroundings } from './contract/review/review.ts'
import { createAddressBucket } from './guards/address-bucket.ts'
import { Concurrency } from './guards/deadline.ts'
import { createInventory, type Inventory } from './guards/inventory.ts'
import { type OriginSettings, parseOriginSettings } from './guards/origin.ts'
import { createOutbound, type Outbound, type OutboundDependencies } from './guards/outbound/outbound.ts'
import { parseOutboundPolicy } from './guards/outbound/outbound-policy.ts'
import { sealRow } from './guards/sealed-fields.ts'
import { pageHeaders, type SecurityHeaders, securityHeaders } from './guards/security-headers.ts'
import type { TransportSettings } from './guards/transport.ts'
import type { Identity, IdentityFactory } from './identity/identity.ts'
import type { State } from './stores/store.ts'
import { createVault, type KeyRing, type Vault } from './vault/index.ts'
import { type Plan, planOf } from './walk/plan.ts'

/** The part of a pino logger that is used. */
export interface Logger {
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

export interface Metrics {
  /** @param endpoint - Endpoint id or `none`: few values, whatever paths are asked for. */
  observe(endpoint: string, status: number, seconds: number): void
}

export interface GateSettings {
  readonly state: State
  readonly identity: IdentityFactory
  /** Roots of every derived key: field encryption, blind indexes, audit signatures. */
  readonly keys: KeyRing
  readonly audit: AuditLog
  /** What handlers, `find` and relations get for this principal, such as a database under row-level security. */
  readonly context?: (principal: Principal) => AppContext
  /** Default `production`. In development the terminal shows private reasons; replies never do. */
  readonly environment?: 'production' | 'development' | 'test'
  /** Exact origins whose scripts may call (CORS). Default none. */
  readonly origins?: readonly string[]
  /** Address ranges whose forwarding headers are believed. Default none. */
  readonly trustedProxies?: readonly string[]
  /** Allowed Host values, in lower case. Default any. */
  readonly hosts?: readonly string[]
  readonly dangerouslyAllowPlainHttp?: boolean
  /** What one address may send to this process before anything else is looked at. Default 100 a second, 200 at once. */
  readonly addressBucket?: { readonly perSecond: number; readonly burst: number }
  /** How `context.fetch` behaves beyond what endpoints declare; see `parseOutboundPolicy`. */
  readonly outbound?: Readonly<Record<string, unknown>>
  /** DNS and authorities for outbound calls. */
  readonly outboundDependencies?: OutboundDependencies
  /** Secrets of inbound webhooks by the name that `signedBody` gives them; at least 32 characters each. */
  readonly webhookSecrets?: Readonly<Record<string, Secret>>
  readonly xXssProtection?: '0' | '1; mode=block'
  readonly clock?: Clock
  readonly log?: Logger
  readonly metrics?: Metrics
  readonly walks?: Walks
  /** What `review` is told beside the contract. */
  readonly surroundings?: Surroundings
}

/** A contract with its settings, parsed once and frozen: all that the pipeline needs. */
export interface Gate {
  readonly api: Api
  readonly environment: 'production' | 'development' | 'test'
  readonly checks: Checks
  readonly state: State
  readonly vault: Vault
  readonly audit: AuditLog
  readonly identity: Identity
  readonly identityContext: object
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
  readonly walks: Walks
  readonly transport: TransportSettings
  readonly inventory: Inventory
  readonly origins: OriginSettings
  readonly apiHeaders: SecurityHeaders
  readonly pageHeaders: SecurityHeaders
  /** Endpoints that another endpoint's flow comes after. */
  readonly awaitedSteps: ReadonlySet<string>
  readonly findings: readonly Finding[]
  /** Seals a row outside a request, for seeds and jobs: the form to write into the database. */
  seal<R extends AnyResource>(resource: R, row: SealableRow<R>): Promise<StoredRow<R>>
  takeFromBucket(addressKey: string): void
  planOf(endpoint: Endpoint): Plan
  appContext(principal: Principal): AppContext
  webhookSecret(sender: string): Secret
  /** @returns What to call when the handler is done. @throws {Refusal} When the endpoint has no free place. */
  enter(endpointId: string, limit: number): () => void
  /** Ends outbound calls and the audit log's queue. The state is its owner's to close. */
  close(): Promise<void>
}

/** The API does not start. The message holds every fault, worst first, with the line to write. */
export class StartupError extends Error {
  readonly faults: readonly string[]
  readonly findings: readonly Finding[]
  constructor(faults: readonly string[], findings: readonly Finding[], report: string) {
    super(report)
    this.name = 'StartupError'
    this.faults = faults
    this.findings = findings
  }
}

const KNOWN = [
  'state',
  'identity',
  'keys',
  'audit',
  'context',
  'environment',
  'origins',
  'trustedProxies',
  'hosts',
  'dangerouslyAllowPlainHttp',
  'addressBucket',
  'outbound',
  'outboundDependencies',
  'webhookSecrets',
  'xXssProtection',
  'clock',
  'log',
  'metrics',
  'walks',
  'surroundings',
]
const SILENT: Logger = { info() {}, warn() {}, error() {} }
const NO_METRICS: Metrics = { observe() {} }
const NO_WALKS: Walks = { write() {}, flush: async () => {}, close: async () => {} }

/**
 * Parses the settings, reviews the contract, and freezes both into a gate.
 * @param builtIn - Endpoints of the server itself (health, docs); they walk the same pipeline.
 * @throws {StartupError} With every fault of the settings and every error-level finding at once.
 */
export function createGate(api: Api, settings: GateSettings, builtIn: readonly Endpoint[] = []): Promise<Gate> {
  return createGateWith(CHECKS, api, settings, builtIn)
}

/** For tests and the drill alone: a gate with checks taken away. The package does not export it. */
export async function createGateWith(
  checks: Checks,
  api: Api,
  settings: GateSettings,
  builtIn: readonly Endpoint[] = [],
): Promise<Gate> {
  const faults: string[] = []
  const attempt = <T>(make: () => T): T | null => {
    try {
      return make()
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error))
      return null
    }
  }
  for (const key of Object.keys(settings))
    if (!KNOWN.includes(key)) faults.push(`unknown setting "${key}"; the gate takes ${KNOWN.join(', ')}`)
  for (const key of ['state', 'identity', 'keys', 'audit'] as const)
    if (settings[key] === undefined) faults.push(`the setting "${key}" is missing`)
  const environment = settings.environment ?? 'production'
  if (!['production', 'development', 'test'].includes(environment))
    faults.push(`environment is "${environment}"; it must be production, development or test`)
  if (environment === 'production' && settings.outbound?.['dangerouslyAllowLoopback'] === true)
    faults.push('outbound.dangerouslyAllowLoopback cannot be set in production')
  const clock = settings.clock ?? systemClock
  const transport = attempt(() => parseTransport(settings))
  const origins = attempt(() => parseOriginSettings({ origins: settings.origins ?? [] }))
  const headers = attempt(() => securityHeaders({ xXssProtection: settings.xXssProtection ?? '0' }))
  const bucket = attempt(() =>
    createAddressBucket({ ...(settings.addressBucket ?? { perSecond: 100, burst: 200 }), maxKeys: 50_000, clock }),
  )
  const outbounds: Outbound[] = []
  const openOutbound = (hosts: readonly string[] | 'public'): Outbound => {
    const outbound = createOutbound(
      parseOutboundPolicy({ ...settings.outbound, hosts }),
      settings.outboundDependencies,
      checks.outbound,
    )
    outbounds.push(outbound)
    return outbound
  }
  const all = [...api.endpoints, ...builtIn]
  const { findings, report } = reviewed(api, settings.surroundings)
  const errors = findings.filter(({ severity }) => severity === 'error')
  const plans = new Map<Endpoint, Plan>()
  // A contract with errors need not be servable; its findings say more than what planning would trip over.
  if (errors.length === 0)
    for (const endpoint of all) attempt(() => plans.set(endpoint, planOf(endpoint, openOutbound)))
  for (const sender of sendersOf(all)) {
    const secret = settings.webhookSecrets?.[sender]
    if (!(secret instanceof Secret) || secret.reveal().length < 32)
      faults.push(
        `webhookSecrets.${sender} is missing or shorter than 32 characters; give new Secret(…) from the environment`,
      )
  }
  if (faults.length > 0 || errors.length > 0 || !transport || !origins || !headers || !bucket) {
    throw new StartupError(
      faults,
      errors,
      [
        `${api.title} does not start.`,
        ...faults.map((fault) => `settings: ${fault}`),
        ...(errors.length > 0 ? [report] : []),
      ].join('\n'),
    )
  }
  const { state, audit } = settings
  const vault = createVault({
    ring: settings.keys,
    dataKeys: state.dataKeys,
    transactions: state,
    clock,
    onReveal: ({ table, column, id, reason }) =>
      audit.note({
        type: 'vault.revealed',
        outcome: 'success',
        requestId: null,
        principal: '',
        tenant: null,
        addressKey: '',
        endpoint: null,
        code: null,
        detail: reason,
        objects: [`${table}:${id}`],
        facts: { column },
      }),
  })
  const identity = await settings.identity({ state, vault, ring: settings.keys, clock, audit })
  const concurrency = new Concurrency()
  return Object.freeze<Gate>({
    api,
    environment,
    checks: Object.freeze(checks),
    state,
    vault,
    audit,
    identity,
    identityContext: identity.service === null ? {} : { identity: identity.service },
    clock,
    log: settings.log ?? SILENT,
    metrics: settings.metrics ?? NO_METRICS,
    walks: settings.walks ?? NO_WALKS,
    transport,
    inventory: createInventory(all),
    origins,
    apiHeaders: headers,
    pageHeaders: pageHeaders(
      { 'style-src': ["'self'"], 'img-src': ["'self'", 'data:'] },
      { xXssProtection: settings.xXssProtection ?? '0' },
    ),
    awaitedSteps: new Set(all.flatMap(({ flow }) => (flow?.after ? [flow.after] : []))),
    findings,
    seal: (resource, row) => sealRow(resource, row as Readonly<Record<string, unknown>>, vault) as never,
    takeFromBucket: (key) => bucket.take(key),
    planOf: (endpoint) => plans.get(endpoint) as Plan,
    appContext: settings.context ?? (() => ({}) as AppContext),
    webhookSecret: (sender) => settings.webhookSecrets?.[sender] as Secret,
    enter: (id, limit) => {
      concurrency.enter(id, limit)
      return () => concurrency.leave(id)
    },
    close: async () => {
      await Promise.all(outbounds.map((outbound) => outbound.close()))
      await audit.close()
      await settings.walks?.close()
    },
  })
}

function parseTransport(settings: GateSettings): TransportSettings {
  const hosts = settings.hosts ?? null
  for (const host of hosts ?? [])
    if (host !== host.toLowerCase() || host.includes('/'))
      throw new RangeError(`hosts: "${host}" is no host; write for example "api.example.com"`)
  const plain = settings.dangerouslyAllowPlainHttp ?? false
  if (typeof plain !== 'boolean') throw new RangeError('dangerouslyAllowPlainHttp must be true or false')
  const trustedProxies = (settings.trustedProxies ?? []).map((text) => {
    const range = parseRange(text)
    if (range[1] === 0)
      throw new RangeError(`trustedProxies: "${text}" is everybody; name the addresses of your proxies`)
    return range
  })
  return Object.freeze({
    trustedProxies,
    maxTargetBytes: 8192,
    maxHeaderBytes: 16_384,
    maxHeaders: 100,
    hosts,
    dangerouslyAllowPlainHttp: plain,
  })
}

function reviewed(
  api: Api,
  surroundings?: Surroundings,
): { readonly findings: readonly Finding[]; readonly report: string } {
  const { findings } = review(api, surroundings)
  const errors = findings.filter(({ severity }) => severity === 'error')
  const lines: string[] = []
  let rule = ''
  for (const finding of errors) {
    if (finding.rule !== rule) lines.push('', `${finding.rule} (${finding.risk ?? finding.asvs ?? 'contract'})`)
    rule = finding.rule
    lines.push(`  ${finding.message}`, `    write: ${finding.fix}`)
  }
  return { findings, report: lines.join('\n') }
}

function sendersOf(endpoints: readonly Endpoint[]): readonly string[] {
  return [
    ...new Set(
      endpoints.flatMap(({ body }) => (body && 'kind' in body && body.kind === 'signed' ? [body.sender] : [])),
    ),
  ]
}
