import type { ServerOptions as HttpsServerOptions } from 'node:https'
import type { AuditLog } from '../audit/event.ts'
import type { Api } from '../contract/api.ts'
import type { GateSettings } from '../gate.ts'
import type { State } from '../stores/store.ts'
import type { KeyRing } from '../vault/index.ts'
import { type HttpOptions, type HttpSettings, parseHttpOptions, parseTls, type TlsOptions } from './http-options.ts'
import { type LoadShedOptions, type LoadShedSettings, parseLoadShed } from './load-shed.ts'
import { isLogLevel, type LogLevel } from './logger.ts'

/** What a handler and a server share. */
export interface HandlerOptions extends Omit<GateSettings, 'keys' | 'audit'> {
  /** Default: the ring in `keys.json` of the data folder, made with the first data. */
  readonly keys?: KeyRing
  /** Default: a log in `state`, with signed checkpoints in the data folder. */
  readonly audit?: AuditLog
  /** For `keys.json`, `audit/checkpoints.ndjson` and `walks.ndjson`. Default: the folder of the state, if it has one. */
  readonly folder?: string
  /** Name of this process in the audit log, the same after a restart; two processes never share one. Default `main` where only one can run. */
  readonly node?: string
  /** Default `info`. Not with `log`. */
  readonly logLevel?: LogLevel
  readonly loadShed?: LoadShedOptions
  /** Whether closing closes `state` too. Default false: it is its owner's. */
  readonly ownsState?: boolean
  /** How long open requests may take to finish when the server closes. Default 10. */
  readonly shutdownSeconds?: number
}

export interface ServeOptions extends HandlerOptions {
  /** Default `127.0.0.1`. */
  readonly host?: string
  /** 0 takes any free one. Default 3000. */
  readonly port?: number
  readonly tls?: TlsOptions
  /** Default `fastify`. */
  readonly adapter?: 'fastify' | 'node'
  readonly http?: HttpOptions
  /** Closes on SIGTERM and SIGINT, then ends the process. Default false. */
  readonly handleSignals?: boolean
}

/** The options with their defaults, and all that is wrong with them. */
export interface ParsedOptions {
  readonly faults: readonly string[]
  readonly gate: Omit<GateSettings, 'keys' | 'audit'>
  readonly keys: KeyRing | null
  readonly audit: AuditLog | null
  readonly folder: string | null
  readonly node: string
  readonly logLevel: LogLevel
  readonly loadShed: LoadShedSettings
  readonly ownsState: boolean
  readonly shutdownSeconds: number
  readonly host: string
  readonly port: number
  readonly tls: HttpsServerOptions | null
  readonly adapter: 'fastify' | 'node'
  readonly http: HttpSettings
  readonly handleSignals: boolean
}

const OF_GATE: Readonly<Record<keyof Omit<GateSettings, 'keys' | 'audit'>, true>> = {
  state: true,
  identity: true,
  context: true,
  environment: true,
  origins: true,
  trustedProxies: true,
  hosts: true,
  dangerouslyAllowPlainHttp: true,
  addressBucket: true,
  outbound: true,
  outboundDependencies: true,
  webhookSecrets: true,
  xXssProtection: true,
  clock: true,
  log: true,
  metrics: true,
  walks: true,
  surroundings: true,
}
const OF_HANDLER = ['keys', 'audit', 'folder', 'node', 'logLevel', 'loadShed', 'ownsState', 'shutdownSeconds']
const OF_SERVER = ['host', 'port', 'tls', 'adapter', 'http', 'handleSignals']

/** Nothing is opened, and every fault is found at once. */
export function parseServeOptions(api: Api, options: ServeOptions, caller: 'serve' | 'createHandler'): ParsedOptions {
  const faults: string[] = []
  const known = [...Object.keys(OF_GATE), ...OF_HANDLER, ...(caller === 'serve' ? OF_SERVER : [])]
  for (const key of Object.keys(options))
    if (!known.includes(key)) faults.push(`unknown setting "${key}"; ${caller} takes ${known.join(', ')}`)
  const {
    state,
    keys,
    audit,
    host = '127.0.0.1',
    port = 3000,
    adapter = 'fastify',
    logLevel = 'info',
    shutdownSeconds = 10,
  } = options
  const whole = (name: string, value: number, max: number) => {
    if (!(Number.isInteger(value) && value >= 0 && value <= max))
      faults.push(`${name} is ${value}; it must be a whole number from 0 to ${max}`)
  }
  whole('port', port, 65_535)
  whole('shutdownSeconds', shutdownSeconds, 3600)
  if (typeof host !== 'string' || host === '') faults.push('host is empty; write for example "127.0.0.1" or "0.0.0.0"')
  if (adapter !== 'fastify' && adapter !== 'node') faults.push(`adapter is "${adapter}"; it must be fastify or node`)
  if (!isLogLevel(logLevel))
    faults.push(`logLevel is "${logLevel}"; it must be trace, debug, info, warn, error, fatal or silent`)
  if (options.log && options.logLevel)
    faults.push('logLevel and log are both set; the level of your own log is yours to set')
  const folder = options.folder ?? folderOf(state)
  if (folder === '') faults.push('folder is empty')
  if (state?.describe.durable && !keys && folder === null)
    faults.push('neither keys nor folder is set: name the folder for keys.json, or give keys from a secret manager')
  if (options.node === undefined && state?.describe.kind === 'postgres' && !audit)
    faults.push(
      'node is not set: several processes can use this state, and each needs a name of its own in the audit log',
    )
  return {
    faults,
    gate: Object.fromEntries(
      Object.entries(options).filter(([key, value]) => Object.hasOwn(OF_GATE, key) && value !== undefined),
    ) as unknown as ParsedOptions['gate'],
    keys: keys ?? null,
    audit: audit ?? null,
    folder,
    node: options.node ?? 'main',
    logLevel,
    loadShed: parseLoadShed(options.loadShed ?? {}, faults),
    ownsState: options.ownsState ?? false,
    shutdownSeconds,
    host,
    port,
    tls: options.tls ? parseTls(options.tls, faults) : null,
    adapter,
    http: parseHttpOptions(options.http ?? {}, api, faults),
    handleSignals: options.handleSignals ?? false,
  }
}

/** Stores in a folder of this machine say which one. */
function folderOf(state: (State & { readonly folder?: unknown }) | undefined): string | null {
  return typeof state?.folder === 'string' ? state.folder : null
}
