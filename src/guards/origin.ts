import { Refusal } from '../base/refusal.ts'

/** The part of a request that this step looks at. */
export interface OriginRequest {
  readonly method: string
  readonly headers: { get(name: string): string | undefined }
  readonly host: string
  readonly tls: boolean
}

export interface OriginConfig {
  /** Exact origins whose scripts may call and read. Default none. */
  readonly origins?: readonly string[]
  /** Whether browsers may send cookies. Default false: tokens travel in Authorization. */
  readonly credentials?: boolean
  /** How long browsers may keep a preflight, at most 86,400 s. Default 600. */
  readonly maxAgeSeconds?: number
  /** Request headers that scripts may set. Default `authorization, content-type, idempotency-key`. */
  readonly allowHeaders?: readonly string[]
  /** Reply headers that scripts may read. Default the ones of limits, lifecycle and request id. */
  readonly exposeHeaders?: readonly string[]
}

type HeaderRecord = Readonly<Record<string, string>>

export interface OriginSettings {
  /** Reply headers by allowed origin. */
  readonly replies: ReadonlyMap<string, { readonly headers: HeaderRecord }>
  readonly preflight: HeaderRecord
}

/** Either headers for the reply, or the whole answer to a preflight. */
export type OriginResult =
  | { readonly headers: HeaderRecord; readonly preflight?: undefined }
  | { readonly preflight: { readonly status: 204; readonly headers: HeaderRecord } }

const KNOWN = ['origins', 'credentials', 'maxAgeSeconds', 'allowHeaders', 'exposeHeaders']
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/
const VARY = Object.freeze({ vary: 'Origin' })
const VARY_PREFLIGHT = Object.freeze({ vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers' })
const STRANGER = Object.freeze({ headers: VARY })
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])
const DEFAULT_ALLOW = ['authorization', 'content-type', 'idempotency-key']
const DEFAULT_EXPOSE = ['deprecation', 'link', 'ratelimit', 'ratelimit-policy', 'retry-after', 'sunset', 'x-request-id']

/**
 * Checks a list of origins (RFC 6454): scheme, host and port, exactly as browsers send them.
 * @throws {RangeError} On wildcards, `null`, paths, a trailing slash, capitals, the scheme's own port, other schemes than http and https.
 */
export function parseOrigins(list: readonly string[]): ReadonlySet<string> {
  for (const text of list) {
    const url = URL.canParse(text) ? new URL(text) : null
    const web = url !== null && (url.protocol === 'https:' || url.protocol === 'http:')
    if (!web || text.includes('*') || url.origin !== text) {
      const hint = web && !text.includes('*') ? url.origin : 'https://app.example.com'
      throw new RangeError(`"${text}" is no exact origin; write for example "${hint}"`)
    }
  }
  return new Set(list)
}

/** @throws {RangeError} On an unknown key or a bad value. */
export function parseOriginSettings(config: OriginConfig = {}): OriginSettings {
  for (const key of Object.keys(config)) {
    if (!KNOWN.includes(key)) throw new RangeError(`origin: unknown key "${key}"; it takes ${KNOWN.join(', ')}`)
  }
  const maxAge = config.maxAgeSeconds ?? 600
  if (!(Number.isInteger(maxAge) && maxAge >= 0 && maxAge <= 86_400)) {
    throw new RangeError(`origin.maxAgeSeconds is ${maxAge}; it must be a whole number from 0 to 86400`)
  }
  const credentials = config.credentials ?? false
  if (typeof credentials !== 'boolean') throw new RangeError('origin.credentials must be true or false')
  const expose = namesOf('exposeHeaders', config.exposeHeaders ?? DEFAULT_EXPOSE)
  const replies = new Map<string, { readonly headers: HeaderRecord }>()
  for (const origin of parseOrigins(config.origins ?? [])) {
    const headers: Record<string, string> = { ...VARY, 'access-control-allow-origin': origin }
    if (credentials) headers['access-control-allow-credentials'] = 'true'
    if (expose) headers['access-control-expose-headers'] = expose
    replies.set(origin, Object.freeze({ headers: Object.freeze(headers) }))
  }
  const allow = namesOf('allowHeaders', config.allowHeaders ?? DEFAULT_ALLOW)
  const preflight = {
    'access-control-max-age': String(maxAge),
    ...(allow ? { 'access-control-allow-headers': allow } : {}),
  }
  return Object.freeze({ replies, preflight: Object.freeze(preflight) })
}

function namesOf(key: string, names: readonly string[]): string {
  for (const name of names) {
    if (!NAME.test(name) || name === '*')
      throw new RangeError(`origin.${key}: "${name}" is no header name in lower case`)
  }
  return names.join(', ')
}

/**
 * Step 3: CORS and Fetch Metadata (WHATWG Fetch; W3C Fetch Metadata; OWASP API8, ASVS 3.5). Origins match exactly; `null` never does. An unsafe
 * method that a browser sends from elsewhere passes only when CORS allows that origin. Where Sec-Fetch-Site is absent, Origin decides; where
 * both are, no browser is involved and there is nobody's ambient authority to borrow.
 * @param allowedMethods - The methods of this path: a preflight is answered by the policy of the one it asks for.
 * @throws {Refusal} `origin_denied`; `method_not_allowed` for a preflight. Both carry Vary, so that no cache serves one origin's answer to another.
 */
export function origin(
  request: OriginRequest,
  settings: OriginSettings,
  allowedMethods: readonly string[],
): OriginResult {
  const from = request.headers.get('origin')
  const allowed = from === undefined ? undefined : settings.replies.get(from)
  if (request.method === 'OPTIONS' && from !== undefined) {
    const asked = request.headers.get('access-control-request-method')
    if (asked !== undefined) return preflight(asked, allowed, settings, allowedMethods)
  }
  if (allowed) return allowed
  if (!SAFE.has(request.method) && comesFromElsewhere(request, from)) {
    throw new Refusal('origin_denied', { detail: `origin ${from?.slice(0, 200) ?? 'unknown'}`, headers: VARY })
  }
  return STRANGER
}

function comesFromElsewhere(request: OriginRequest, from: string | undefined): boolean {
  const site = request.headers.get('sec-fetch-site')
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  return from !== undefined && from !== `${request.tls ? 'https' : 'http'}://${request.host}`
}

function preflight(
  asked: string,
  allowed: { readonly headers: HeaderRecord } | undefined,
  settings: OriginSettings,
  allowedMethods: readonly string[],
): OriginResult {
  if (!allowed)
    throw new Refusal('origin_denied', { detail: 'preflight from an unknown origin', headers: VARY_PREFLIGHT })
  if (!allowedMethods.includes(asked)) {
    throw new Refusal('method_not_allowed', { headers: { ...VARY_PREFLIGHT, allow: allowedMethods.join(', ') } })
  }
  const headers = {
    ...allowed.headers,
    ...settings.preflight,
    ...VARY_PREFLIGHT,
    'access-control-allow-methods': asked,
  }
  return { preflight: { status: 204, headers } }
}
