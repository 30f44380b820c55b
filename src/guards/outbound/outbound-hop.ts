import { Refusal } from '../../base/refusal.ts'
import type { OutboundCall } from '../../contract/context.ts'
import type { AnySchema } from '../../contract/schema.ts'
import type { OutboundPolicy } from './outbound-policy.ts'
import type { OutboundTarget, TargetRules } from './outbound-target.ts'

/** One request on its way: the call itself, or one redirect of it. */
export interface OutboundHop {
  readonly target: OutboundTarget
  readonly method: NonNullable<OutboundCall<AnySchema>['method']>
  readonly headers: ReadonlyMap<string, string>
  readonly body: string | Uint8Array | null
}

/** Reads and judges a URL: `parseTarget`. */
type ParseTarget = (text: string, rules: TargetRules) => OutboundTarget

const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
/** ASVS 4.2.5. Name and value together, for all headers of a request. */
const MAX_HEADER_BYTES = 8192
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/
/** Visible ASCII, spaces and tabs inside; no CR, LF or NUL (RFC 9110 section 5.5). */
const HEADER_VALUE = /^(?:[!-~](?:[\t -~]*[!-~])?)?$/
/** Framing, routing and encoding are ours: a caller's value would speak to another host or smuggle a second request. */
const OURS = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'keep-alive',
  'accept-encoding',
])
/** All that follows a redirect to another origin. An allow-list: nobody can list every header that carries a key. */
const CARRIED_ACROSS_ORIGINS = new Set(['accept', 'accept-language', 'content-type', 'user-agent'])

/** @throws {Refusal} `outbound_denied`: the URL, the method or a header may not be sent. */
export function firstHop(
  url: string,
  call: OutboundCall<AnySchema>,
  policy: OutboundPolicy,
  parseTarget: ParseTarget,
): OutboundHop {
  const method = call.method ?? 'GET'
  if (!METHODS.has(method)) throw denied(`the method ${JSON.stringify(method)} is not among ${[...METHODS].join(', ')}`)
  return {
    target: parseTarget(url, policy),
    method,
    headers: checkedHeaders(call.headers ?? {}),
    body: call.body ?? null,
  }
}

/**
 * The request that follows a redirect; its target passes the same checks as the first.
 * @throws {Refusal} `outbound_denied` for a target that may not be called, `upstream_failed` for a redirect that weakens the call.
 */
export function nextHop(
  hop: OutboundHop,
  status: number,
  location: string,
  policy: OutboundPolicy,
  parseTarget: ParseTarget,
): OutboundHop {
  const target = parseTarget(absolute(location, hop.target), policy)
  const sameOrigin = target.origin === hop.target.origin
  const asGet = status === 303 || ((status === 301 || status === 302) && hop.method === 'POST')
  if (hop.target.secure && !target.secure) throw failed('a redirect from HTTPS to plain HTTP')
  if (!sameOrigin && !asGet && hop.method !== 'GET')
    throw failed(`a redirect that would repeat ${hop.method} at another origin`)
  const headers = [...hop.headers].filter(([name]) => sameOrigin || CARRIED_ACROSS_ORIGINS.has(name))
  if (!asGet) return { target, method: hop.method, headers: new Map(headers), body: sameOrigin ? hop.body : null }
  return {
    target,
    method: 'GET',
    headers: new Map(headers.filter(([name]) => !name.startsWith('content-'))),
    body: null,
  }
}

/** An absolute location is left as it is written, so that its spelling is checked and not the parser's repair of it. */
function absolute(location: string, from: OutboundTarget): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(location)) return location
  const base = `${from.origin}${from.path}`
  if (/[\s\\]|^\/\//.test(location) || !URL.canParse(location, base))
    throw denied('the redirect has no well-formed location')
  return new URL(location, base).href
}

function checkedHeaders(given: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  let bytes = 0
  for (const [spelled, value] of Object.entries(given)) {
    const name = spelled.toLowerCase()
    if (!HEADER_NAME.test(name) || OURS.has(name) || name.startsWith('proxy-'))
      throw denied(`the header ${JSON.stringify(name)} may not be set`)
    if (headers.has(name)) throw denied(`the header ${name} is given twice`)
    if (typeof value !== 'string' || !HEADER_VALUE.test(value))
      throw denied(`the value of the header ${name} holds characters that may not be sent`)
    bytes += name.length + value.length
    headers.set(name, value)
  }
  if (bytes > MAX_HEADER_BYTES) throw denied(`the headers are longer than ${MAX_HEADER_BYTES} bytes`)
  return headers
}

function denied(detail: string): Refusal {
  return new Refusal('outbound_denied', { detail })
}

function failed(detail: string): Refusal {
  return new Refusal('upstream_failed', { detail })
}
