import { refuseTarget, type TargetRules } from './outbound-target.ts'

/** Where this API may call, and how much of an answer it takes (OWASP API7 and API10; ASVS 13.2.x). */
export interface OutboundPolicy extends TargetRules {
  /** For tests alone: 127.0.0.0/8 and ::1 may be called. */
  readonly dangerouslyAllowLoopback: boolean
  /** Of an answer's body, as sent: encoded answers are refused. */
  readonly maxBytes: number
  /** For the whole call: look-up, connection, headers, body, redirects. */
  readonly timeoutMs: number
  readonly maxRedirects: number
  readonly maxConcurrent: number
  /** Of answers that are read. Bodies are read as JSON, so each is `application/json` or ends in `+json`. */
  readonly mediaTypes: readonly string[]
}

const NUMBERS = {
  maxBytes: { byDefault: 1_048_576, min: 1, max: 67_108_864 },
  timeoutMs: { byDefault: 10_000, min: 1, max: 120_000 },
  maxRedirects: { byDefault: 0, min: 0, max: 5 },
  maxConcurrent: { byDefault: 16, min: 1, max: 10_000 },
} as const
const SWITCHES = ['dangerouslyAllowPlainHttp', 'dangerouslyAllowLoopback'] as const
const KEYS: ReadonlySet<string> = new Set(['hosts', 'ports', 'mediaTypes', ...Object.keys(NUMBERS), ...SWITCHES])
const JSON_MEDIA_TYPE = /^application\/(json|[a-z0-9!#$&^_.-]+\+json)$/

type Fault = (at: string, message: string) => void

/**
 * Reads an outbound policy. `hosts` must be given; the rest defaults to 443 (80 as well where plain HTTP is allowed, and the
 * ports that `hosts` name), 1 MiB, 10 s, no redirect, 16 calls at once, `application/json`.
 * @throws {TypeError} Naming every fault at once: unknown keys, wrong values, origins that could never be called.
 */
export function parseOutboundPolicy(input: unknown): OutboundPolicy {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new TypeError('outbound: expected an object, for example { hosts: ["https://api.example.com"] }')
  }
  const faults: string[] = []
  const fault: Fault = (at, message) => void faults.push(`outbound.${at}: ${message}`)
  const given = input as Readonly<Record<string, unknown>>
  for (const key of Object.keys(given)) {
    if (!KEYS.has(key)) fault(key, `unknown; the keys are ${[...KEYS].join(', ')}`)
  }
  const dangerouslyAllowPlainHttp = parseSwitch(given, 'dangerouslyAllowPlainHttp', fault)
  const dangerouslyAllowLoopback = parseSwitch(given, 'dangerouslyAllowLoopback', fault)
  const policy: OutboundPolicy = {
    hosts: parseHosts(given.hosts, fault),
    ports: parsePorts(given.ports, fault) ?? defaultPorts(given.hosts, dangerouslyAllowPlainHttp),
    dangerouslyAllowPlainHttp,
    dangerouslyAllowLoopback,
    maxBytes: parseNumber(given, 'maxBytes', fault),
    timeoutMs: parseNumber(given, 'timeoutMs', fault),
    maxRedirects: parseNumber(given, 'maxRedirects', fault),
    maxConcurrent: parseNumber(given, 'maxConcurrent', fault),
    mediaTypes: parseMediaTypes(given.mediaTypes, fault),
  }
  if (policy.hosts !== 'public') {
    for (const [index, host] of policy.hosts.entries()) {
      const reason = refuseTarget(host, policy)
      if (reason !== null) fault(`hosts[${index}]`, `"${host}" could never be called: ${reason}`)
    }
  }
  if (faults.length > 0) throw new TypeError(faults.join('\n'))
  return Object.freeze(policy)
}

function parseSwitch(given: Readonly<Record<string, unknown>>, key: (typeof SWITCHES)[number], fault: Fault): boolean {
  const value = given[key] ?? false
  if (typeof value !== 'boolean') fault(key, `expected true or false, got ${show(value)}`)
  return value === true
}

function parseNumber(given: Readonly<Record<string, unknown>>, key: keyof typeof NUMBERS, fault: Fault): number {
  const { byDefault, min, max } = NUMBERS[key]
  const value = given[key] ?? byDefault
  if (isWholeNumber(value, min, max)) return value
  fault(key, `expected a whole number from ${min} to ${max}, got ${show(value)}`)
  return byDefault
}

function parseHosts(value: unknown, fault: Fault): readonly string[] | 'public' {
  if (value === 'public') return value
  if (!Array.isArray(value)) {
    fault('hosts', `expected "public" or a list of origins such as "https://api.example.com", got ${show(value)}`)
    return []
  }
  for (const [index, host] of value.entries()) {
    if (!isOrigin(host))
      fault(
        `hosts[${index}]`,
        `expected an exact origin such as "https://api.example.com" (no path, default port left out), got ${show(host)}`,
      )
  }
  return Object.freeze(value.filter(isOrigin))
}

function isOrigin(value: unknown): value is string {
  return typeof value === 'string' && URL.canParse(value) && new URL(value).origin === value
}

function parsePorts(value: unknown, fault: Fault): readonly number[] | null {
  if (value === undefined) return null
  const isPort = (port: unknown): port is number => isWholeNumber(port, 1, 65_535)
  if (Array.isArray(value) && value.length > 0 && value.every(isPort)) return Object.freeze([...value])
  fault('ports', `expected a list of ports from 1 to 65535, got ${show(value)}`)
  return null
}

function defaultPorts(hosts: unknown, plainHttp: boolean): readonly number[] {
  const named = Array.isArray(hosts) ? hosts.filter(isOrigin).map((host) => Number(new URL(host).port)) : []
  return Object.freeze([...new Set([443, ...(plainHttp ? [80] : []), ...named.filter((port) => port !== 0)])])
}

function parseMediaTypes(value: unknown, fault: Fault): readonly string[] {
  if (value === undefined) return Object.freeze(['application/json'])
  const isJson = (type: unknown): type is string => typeof type === 'string' && JSON_MEDIA_TYPE.test(type)
  if (Array.isArray(value) && value.length > 0 && value.every(isJson)) return Object.freeze([...value])
  fault(
    'mediaTypes',
    `answers are read as JSON: expected a list of "application/json" or "application/….+json", got ${show(value)}`,
  )
  return []
}

function isWholeNumber(value: unknown, min: number, max: number): value is number {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : (JSON.stringify(value) ?? typeof value)
}
