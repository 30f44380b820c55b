import { Refusal } from '../../base/refusal.ts'

const LIST = 1
const SINGLE = 2
const HIDDEN = 3

/** Fields whose grammar is a list (RFC 9110 section 5.3): several lines are one value. Every other field may come once. */
const LISTS = `
  accept accept-charset accept-encoding accept-language access-control-request-headers baggage cache-control connection if-match
  if-none-match keep-alive link pragma prefer sec-ch-ua sec-ch-ua-full-version-list signature signature-input te tracestate trailer
  upgrade via warning
`
/** Known single fields: the table spares them the check of their name. */
const SINGLES = `
  access-control-request-method authorization content-encoding content-length content-type cookie date dnt expect host
  idempotency-key if-modified-since if-unmodified-since origin range referer sec-ch-ua-mobile sec-ch-ua-platform sec-fetch-dest
  sec-fetch-mode sec-fetch-site sec-fetch-user traceparent transfer-encoding upgrade-insecure-requests user-agent x-request-id
`
/**
 * Fields that say who calls, from where, or what was "really" asked. Proxies set them for the servers behind; from a client they are forgeries
 * (ASVS 4.1.3, lessons of X-Original-URL and method overrides). They cannot be read, so nothing can believe them.
 */
const HIDDEN_NAMES = `
  client-ip cf-connecting-ip fastly-client-ip forwarded proxy remote-user true-client-ip x-client-cert x-client-ip
  x-cluster-client-ip x-credential-identifier x-email x-envoy-external-address x-groups x-host x-http-host-override x-http-method
  x-http-method-override x-method-override x-real-ip x-remote-addr x-remote-ip x-remote-user x-rewrite-url x-role x-roles
  x-tenant-id x-user x-username
`
const HIDDEN_PREFIXES = words(`
  x-amzn-oidc- x-auth-request- x-authenticated- x-consumer- x-forwarded- x-goog-authenticated-user- x-goog-iap-
  x-ms-client-principal x-original- x-ssl-client- x-user-
`)

const POLICY = new Map<string, number>([
  ...words(LISTS).map((name) => [name, LIST] as const),
  ...words(SINGLES).map((name) => [name, SINGLE] as const),
  ...words(HIDDEN_NAMES).map((name) => [name, HIDDEN] as const),
])

const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/
const BAD_VALUE = /[^\t\x20-\x7e\x80-\xff]/

/**
 * Whether a header is kept from endpoints: forwarding, identity and override headers, and every name with `_`, which gateways and CGI-like
 * servers confuse with `-`. A contract that declares one would never receive it.
 * @param name - In lower case.
 */
export function isHiddenHeader(name: string): boolean {
  return (POLICY.get(name) ?? derivedPolicy(name)) === HIDDEN
}

/** For names that are not in the table, without remembering what clients invent. */
function derivedPolicy(name: string): number {
  if (name.includes('_')) return HIDDEN
  return name.startsWith('x-') && HIDDEN_PREFIXES.some((prefix) => name.startsWith(prefix)) ? HIDDEN : SINGLE
}

/**
 * Reads the header lines into one value a name, names in lower case. Names listed in `Connection` stay: a client cannot take a header away.
 * @param lines - Name, value, name, value, as received.
 * @param http2 - There a Cookie may come in several lines (RFC 9113 section 8.2.3).
 * @throws {Refusal} `bad_header` (`invalid_request` for Authorization, `ambiguous_framing` for framing fields) for a repeated or malformed one.
 */
export function canonicalHeaders(lines: readonly string[], http2: boolean): Map<string, string> {
  const headers = new Map<string, string>()
  for (let at = 0; at < lines.length; at += 2) {
    const name = (lines[at] as string).toLowerCase()
    const value = lines[at + 1]
    const known = POLICY.get(name)
    const policy = known ?? derivedPolicy(name)
    // A token is long, and whoever reads it checks its characters one by one against a narrower grammar.
    const bad = value === undefined || (name !== 'authorization' && BAD_VALUE.test(value))
    if (bad || (known === undefined && !TOKEN.test(name))) {
      throw new Refusal('bad_header', { detail: 'a header line is malformed' })
    }
    if (policy === HIDDEN) continue
    const before = headers.get(name)
    if (before === undefined) headers.set(name, value)
    else if (policy === LIST) headers.set(name, `${before}, ${value}`)
    else if (name === 'cookie' && http2) headers.set(name, `${before}; ${value}`)
    else throw repeated(name)
  }
  return headers
}

function repeated(name: string): Refusal {
  const detail = `the header ${name} is repeated`
  if (name === 'authorization') return new Refusal('invalid_request', { detail })
  if (name === 'content-length' || name === 'transfer-encoding') {
    return new Refusal('ambiguous_framing', { detail, headers: { connection: 'close' } })
  }
  return new Refusal('bad_header', { detail })
}

function words(text: string): string[] {
  return text.trim().split(/\s+/)
}
