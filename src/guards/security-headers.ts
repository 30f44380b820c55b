type HeaderRecord = Readonly<Record<string, string>>

export interface SecurityHeadersConfig {
  /** `0` switches the old filters of browsers off: they could be turned against pages (OWASP). `1; mode=block` is for who must send it. */
  readonly xXssProtection?: '0' | '1; mode=block'
}

/** Two frozen sets: HSTS is only for TLS (RFC 6797 section 7.2). */
export interface SecurityHeaders {
  readonly tls: HeaderRecord
  readonly plain: HeaderRecord
}

const HSTS = { 'strict-transport-security': 'max-age=63072000; includeSubDomains' }
const EVERYWHERE = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
}

/**
 * Step 13: the headers of every API reply (OWASP REST Security and Secure Headers; ASVS 3.4, 14.3.2). Built once; nothing names the server.
 * @throws {RangeError} On an unknown key or value.
 */
export function securityHeaders(config: SecurityHeadersConfig = {}): SecurityHeaders {
  return both({
    ...EVERYWHERE,
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    'referrer-policy': 'no-referrer',
    'x-xss-protection': xssFilter(config),
  })
}

/** CSP directives of a page beyond the base, each with its sources. */
export type PageSources = Readonly<
  Partial<
    Record<'style-src' | 'script-src' | 'img-src' | 'font-src' | 'connect-src' | 'form-action', readonly string[]>
  >
>

/** `'self'`, a nonce or hash, `data:`, or one https origin. Inline and evaluated code and wildcards have no spelling here. */
const SOURCE =
  /^(?:'self'|'nonce-[A-Za-z0-9+/_-]{16,}={0,2}'|'sha(?:256|384|512)-[A-Za-z0-9+/_-]{43,}={0,2}'|data:|https:\/\/[a-z0-9.-]+(?::\d{1,5})?)$/

/**
 * The headers of a page: as for the API, with what it loads listed, and the referrer policy of pages.
 * @throws {RangeError} On a source that is `'unsafe-inline'`, a wildcard or otherwise not on the short list, or `data:` for scripts.
 */
export function pageHeaders(sources: PageSources, config: SecurityHeadersConfig = {}): SecurityHeaders {
  const directives = Object.entries({ 'form-action': [], ...sources }).map(([name, list]) => {
    for (const source of list) {
      if (!SOURCE.test(source) || (name === 'script-src' && source === 'data:')) {
        throw new RangeError(
          `${name} ${source}: a page may load from 'self', a nonce, a hash, data: (no scripts) or one https origin`,
        )
      }
    }
    return `${name} ${list.length === 0 ? "'none'" : list.join(' ')}`
  })
  return both({
    ...EVERYWHERE,
    'content-security-policy': ["default-src 'none'", ...directives, "frame-ancestors 'none'", "base-uri 'none'"].join(
      '; ',
    ),
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    'referrer-policy': 'strict-origin-when-cross-origin',
    'x-xss-protection': xssFilter(config),
  })
}

function xssFilter(config: SecurityHeadersConfig): string {
  for (const key of Object.keys(config)) {
    if (key !== 'xXssProtection')
      throw new RangeError(`security headers: unknown key "${key}"; it takes xXssProtection`)
  }
  const value = config.xXssProtection ?? '0'
  if (value !== '0' && value !== '1; mode=block')
    throw new RangeError(`xXssProtection is "${value}"; it must be "0" or "1; mode=block"`)
  return value
}

function both(headers: HeaderRecord): SecurityHeaders {
  return Object.freeze({ tls: Object.freeze({ ...headers, ...HSTS }), plain: Object.freeze(headers) })
}
