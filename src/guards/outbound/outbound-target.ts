import { domainToUnicode } from 'node:url'
import { Refusal } from '../../base/refusal.ts'

/** A URL that may be called, if its addresses may. */
export interface OutboundTarget {
  readonly origin: string
  readonly secure: boolean
  /** A DNS name, or an address without brackets. */
  readonly host: string
  readonly port: number
  /** Path and query. */
  readonly path: string
}

export interface TargetRules {
  /** Exact origins (`https://api.example.com`, the port counts), or any public address: for URLs that users give. */
  readonly hosts: readonly string[] | 'public'
  readonly ports: readonly number[]
  readonly dangerouslyAllowPlainHttp: boolean
}

/** ASVS 4.2.5: what we build must not be so long that the other side refuses it. */
const MAX_URL_LENGTH = 2048
/** Parsers disagree on each of these; the WHATWG parser drops or rewrites them in silence. */
const AMBIGUOUS = /[\s\p{Cc}\p{Cf}\\]/u
/** Scheme, exactly two slashes, authority, the rest. Whatever strays from it (`http:host`, `http:///host`) is read differently by others. */
const SHAPE = /^(https?):\/\/([^/?#]+)(?:[/?].*)?$/i
const AUTHORITY = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::([1-9]\d{0,4}))?$/i
const DNS_NAME = /^(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})+$/
/** Names that only mean something on this machine or in this network (RFC 6761, 6762, 8375; ICANN for `internal`). */
const LOCAL_NAME = /(?:^|\.)(?:localhost|localdomain|local|internal|home\.arpa)$/

/**
 * Parses the URL of an outbound call with the one parser that also connects (OWASP API7).
 * @throws {Refusal} `outbound_denied`; the reason is private.
 */
export function parseTarget(text: string, rules: TargetRules): OutboundTarget {
  const target = readTarget(text, rules)
  if (typeof target === 'string') throw new Refusal('outbound_denied', { detail: target })
  return target
}

/** Why this URL could not be called whatever its addresses are; null if it could. */
export function refuseTarget(text: string, rules: TargetRules): string | null {
  const target = readTarget(text, rules)
  return typeof target === 'string' ? target : null
}

function readTarget(text: string, rules: TargetRules): OutboundTarget | string {
  if (typeof text !== 'string' || text.length > MAX_URL_LENGTH)
    return `the URL is no text of at most ${MAX_URL_LENGTH} characters`
  if (AMBIGUOUS.test(text)) return 'the URL holds white space, a control or invisible character, or a backslash'
  if (text.includes('#')) return 'the URL has a fragment'
  const shape = SHAPE.exec(text)
  if (!shape) return 'the URL does not have the form https://host/path'
  if (shape[2]?.includes('@')) return 'the URL holds user information'
  const authority = AUTHORITY.exec(shape[2] ?? '')
  if (!authority || !URL.canParse(text)) return 'the URL has no well-formed host and port'
  const url = new URL(text)
  return refuseParsed(url, authority[1] ?? '', rules) ?? toTarget(url)
}

function refuseParsed(url: URL, givenHost: string, rules: TargetRules): string | null {
  const { hostname, port } = toTarget(url)
  const isLiteral = url.hostname.startsWith('[') || /^[\d.]+$/.test(url.hostname)
  if (url.href.length > MAX_URL_LENGTH) return `the URL is longer than ${MAX_URL_LENGTH} characters once encoded`
  if (url.protocol === 'http:' && !rules.dangerouslyAllowPlainHttp) return 'plain HTTP is not allowed'
  // Catches decimal, octal, hex and shortened addresses, percent-encoding and look-alike characters: all that the parser rewrites.
  if (!spellings(url.hostname).includes(givenHost.toLowerCase()))
    return `the host is not in its canonical spelling "${url.hostname}"`
  if (!isLiteral && !DNS_NAME.test(hostname))
    return `"${hostname}" is no fully qualified DNS name (a trailing dot counts)`
  if (LOCAL_NAME.test(hostname)) return `"${hostname}" is a local name`
  if (!rules.ports.includes(port)) return `port ${port} is not allowed`
  if (rules.hosts !== 'public' && !rules.hosts.includes(url.origin))
    return `${url.origin} is not among the declared hosts`
  return null
}

/** The DNS form, and the Unicode form of an internationalized name. */
function spellings(hostname: string): readonly string[] {
  return [hostname, domainToUnicode(hostname)]
}

function toTarget(url: URL): OutboundTarget & { readonly hostname: string } {
  const secure = url.protocol === 'https:'
  const hostname = url.hostname
  return {
    origin: url.origin,
    secure,
    hostname,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    path: `${url.pathname}${url.search}`,
  }
}
