import { type Address, type AddressRange, inRanges } from '../base/address.ts'
import { Refusal } from '../base/refusal.ts'
import { canonicalHeaders } from './transport/canonical-headers.ts'
import { canonicalTarget } from './transport/canonical-target.ts'
import { type Forwarded, readForwarded } from './transport/forwarded.ts'
import { type LocatedAddress, locateAddress } from './transport/located-address.ts'

/** A request as a host received it, before anything is believed. */
export interface RawRequest {
  readonly method: string
  readonly rawTarget: string
  /** Name, value, name, value, as received. */
  readonly rawHeaders: readonly string[]
  /** `1.0`, `1.1` or `2.0`. */
  readonly httpVersion: string
  /** Address of the socket's other end, as text. */
  readonly peer: string
  readonly tls: boolean
  /** The unread stream. */
  readonly body: AsyncIterable<Uint8Array> | null
}

export interface TransportSettings {
  /** Peers whose forwarding headers are believed. By range, never by number of hops. */
  readonly trustedProxies: readonly AddressRange[]
  readonly maxTargetBytes: number
  readonly maxHeaderBytes: number
  readonly maxHeaders: number
  /** Allowed hosts in lower case, with the port where it is not the scheme's own; null allows any. */
  readonly hosts: readonly string[] | null
  readonly dangerouslyAllowPlainHttp: boolean
}

/** The one reading of a request that every later step shares. The raw one is not reachable from here. */
export interface CanonicalRequest {
  readonly method: string
  /** `/api/v1/x`, exactly as sent. */
  readonly path: string
  /** Decoded; none for `/`. */
  readonly segments: readonly string[]
  /** Raw, without `?`. */
  readonly query: string
  /** By lower-case name; forwarding, identity and override headers are not among them. */
  readonly headers: ReadonlyMap<string, string>
  /** In lower case, without the scheme's own port. */
  readonly host: string
  readonly address: Address
  readonly addressKey: string
  readonly tls: boolean
  /** Null when the request has none. */
  readonly body: AsyncIterable<Uint8Array> | null
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
const ALLOW = [...METHODS].join(', ')
const METHOD_TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/
const LENGTH = /^\d{1,15}$/
const HOST = /^(?:[a-z0-9](?:[a-z0-9._-]{0,252}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::[1-9]\d{0,4})?$/
const DIRECT: Forwarded = { client: null, tls: null, host: null }

/**
 * Step 1: one canonical request (OWASP API8, ASVS 4.1.2, 4.1.3, 4.2.1; RFC 9112 section 6.3). Nothing is repaired and nothing redirected: a
 * request with two readings is refused. Forwarding headers count only from a trusted proxy; from anyone else they change nothing.
 * @param meet - Told the address key as soon as it is known, before the rest is looked at; may throw (the bucket of the address).
 * @throws {Refusal} Ambiguous framing carries `connection: close`, which the host must obey.
 */
export function transport(
  raw: RawRequest,
  settings: TransportSettings,
  meet?: (addressKey: string) => void,
): CanonicalRequest {
  const peer = locatePeer(raw.peer)
  const proxied = inRanges(peer.address, settings.trustedProxies)
  if (!proxied) meet?.(peer.key)
  checkSizes(raw, settings)
  const forwarded = proxied ? readForwarded(raw.rawHeaders, settings.trustedProxies) : DIRECT
  const client = forwarded.client ?? peer
  if (proxied) meet?.(client.key)

  const tls = forwarded.tls ?? raw.tls
  // A loopback peer that may be a proxy could stand for anyone, so it has to say https.
  const local = !proxied && peer.loopback
  if (!tls && !local && !settings.dangerouslyAllowPlainHttp) throw new Refusal('plain_http')
  checkMethod(raw.method)
  const target = canonicalTarget(raw.rawTarget)
  const headers = canonicalHeaders(raw.rawHeaders, raw.httpVersion === '2.0')
  const hasBody = checkFraming(headers, raw.httpVersion)
  const host = hostOf(headers.get('host'), forwarded.host, tls, settings.hosts)
  return {
    method: raw.method,
    path: target.path,
    segments: target.segments,
    query: target.query,
    headers,
    host,
    address: client.address,
    addressKey: client.key,
    tls,
    body: hasBody ? raw.body : null,
  }
}

/** The operating system appends the interface to a link-local address (`fe80::1%eth0`). */
function locatePeer(text: string): LocatedAddress {
  const zone = text.indexOf('%')
  const peer = locateAddress(zone === -1 ? text : text.slice(0, zone))
  if (!peer) throw new Refusal('bad_request', { detail: 'the socket has no peer address' })
  return peer
}

function checkSizes(raw: RawRequest, settings: TransportSettings): void {
  if (!(raw.rawTarget.length <= settings.maxTargetBytes)) throw new Refusal('uri_too_long')
  const lines = raw.rawHeaders
  if (!(lines.length <= settings.maxHeaders * 2))
    throw new Refusal('headers_too_large', { detail: `${lines.length / 2} headers` })
  let bytes = lines.length * 2
  for (const text of lines) bytes += text.length
  if (!(bytes <= settings.maxHeaderBytes))
    throw new Refusal('headers_too_large', { detail: `${bytes} bytes of headers` })
}

function checkMethod(method: string): void {
  if (METHODS.has(method)) return
  if (method === 'TRACE' || method === 'CONNECT') throw new Refusal('method_not_allowed', { headers: { allow: ALLOW } })
  if (!METHOD_TOKEN.test(method)) throw new Refusal('bad_request', { detail: 'the method is no token' })
  throw new Refusal('not_implemented', { detail: `method ${method}` })
}

/** Whether a body follows. A message whose end two parsers may see at two places is refused (request smuggling). */
function checkFraming(headers: ReadonlyMap<string, string>, httpVersion: string): boolean {
  const length = headers.get('content-length')
  const coding = headers.get('transfer-encoding')
  if (httpVersion !== '1.1' && httpVersion !== '1.0' && httpVersion !== '2.0') {
    throw ambiguous(`HTTP version ${httpVersion.slice(0, 10)}`)
  }
  if (coding !== undefined) {
    if (length !== undefined) throw ambiguous('Content-Length and Transfer-Encoding')
    if (coding !== 'chunked') throw ambiguous('a transfer coding other than "chunked"')
    if (httpVersion !== '1.1') throw ambiguous(`Transfer-Encoding in HTTP/${httpVersion}`)
  }
  if (length !== undefined && !LENGTH.test(length)) throw ambiguous('Content-Length is no number')
  const expect = headers.get('expect')
  if (expect !== undefined && expect.toLowerCase() !== '100-continue') throw new Refusal('expectation_failed')
  if (length !== undefined) return Number(length) > 0
  // HTTP/2 frames its bodies itself (RFC 9113 section 8.1.1).
  return coding !== undefined || httpVersion === '2.0'
}

function hostOf(
  direct: string | undefined,
  forwarded: string | null,
  tls: boolean,
  allowed: readonly string[] | null,
): string {
  if (direct === undefined) throw new Refusal('bad_header', { detail: 'Host is missing' })
  const own = canonicalHost(direct, tls)
  const host = forwarded === null ? own : canonicalHost(forwarded, tls)
  if (allowed && !allowed.includes(host)) throw new Refusal('misdirected', { detail: `host ${host}` })
  return host
}

function canonicalHost(text: string, tls: boolean): string {
  const host = text.toLowerCase()
  if (!HOST.test(host)) throw new Refusal('bad_header', { detail: 'Host is malformed' })
  const standard = tls ? ':443' : ':80'
  return host.endsWith(standard) ? host.slice(0, -standard.length) : host
}

function ambiguous(detail: string): Refusal {
  return new Refusal('ambiguous_framing', { detail, headers: { connection: 'close' } })
}
