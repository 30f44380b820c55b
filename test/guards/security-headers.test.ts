import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  type PageSources,
  pageHeaders,
  type SecurityHeadersConfig,
  securityHeaders,
} from '../../src/guards/security-headers.ts'

const vectors = process.env.VECTORS

describe('security headers', () => {
  it('are the set for an API', () => {
    expect(securityHeaders().tls).toEqual({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'strict-transport-security': 'max-age=63072000; includeSubDomains',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'x-xss-protection': '0',
    })
  })
  it('promise HTTPS only over TLS', () => {
    const { 'strict-transport-security': _, ...rest } = securityHeaders().tls
    expect(securityHeaders().plain).toEqual(rest)
  })
  it('are frozen', () => {
    const { tls, plain } = securityHeaders()
    expect([Object.isFrozen(tls), Object.isFrozen(plain)]).toEqual([true, true])
  })
  it('carry the old filter on request, and nothing unknown', () => {
    expect(securityHeaders({ xXssProtection: '1; mode=block' }).tls['x-xss-protection']).toBe('1; mode=block')
    expect(() => securityHeaders({ xXssProtection: '1' } as unknown as SecurityHeadersConfig)).toThrow(RangeError)
    expect(() => securityHeaders({ xssProtection: '0' } as SecurityHeadersConfig)).toThrow('unknown key')
  })
  it.skipIf(!vectors)(
    `hold none that OWASP removes, and what it adds at least as strictly${vectors ? '' : ' (skipped: VECTORS is not set)'}`,
    () => {
      const read = (name: string) =>
        JSON.parse(readFileSync(join(vectors as string, 'owasp-secure-headers', name), 'utf8'))
      const page = pageHeaders({ 'style-src': ["'self'"] }).tls
      const api = securityHeaders().tls
      for (const name of read('headers_remove.json').headers as string[]) {
        expect(api).not.toHaveProperty(name.toLowerCase())
        expect(page).not.toHaveProperty(name.toLowerCase())
      }
      const added = new Map(
        (read('headers_add.json').headers as { name: string; value: string }[]).map(({ name, value }) => [
          name.toLowerCase(),
          value.toLowerCase(),
        ]),
      )
      for (const name of [
        'referrer-policy',
        'strict-transport-security',
        'x-content-type-options',
        'x-frame-options',
        'cross-origin-resource-policy',
      ]) {
        expect(api[name]?.toLowerCase()).toBe(added.get(name))
      }
    },
  )
})

describe('page headers', () => {
  it('list what the page loads and nothing else', () => {
    const { tls } = pageHeaders({ 'style-src': ["'self'"], 'img-src': ["'self'", 'data:'] })
    expect(tls['content-security-policy']).toBe(
      "default-src 'none'; form-action 'none'; style-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'",
    )
    expect(tls['referrer-policy']).toBe('strict-origin-when-cross-origin')
  })
  it.each([
    ["'unsafe-inline'"],
    ["'unsafe-eval'"],
    ['*'],
    ['https:'],
    ['https://*.example.com'],
    ['http://example.com'],
    ['data:'],
    ["'self'; script-src *"],
    ['https://a.example\r\nset-cookie: a=b'],
    [''],
    ["'nonce-short'"],
  ])('a script may not come from %j', (source) => {
    expect(() => pageHeaders({ 'script-src': [source] })).toThrow(RangeError)
  })
  it('takes nonces, hashes and one https origin', () => {
    const sources: PageSources = {
      'script-src': ["'nonce-MDEyMzQ1Njc4OWFiY2RlZg=='", `'sha256-${'a'.repeat(43)}='`, 'https://cdn.example.com'],
    }
    expect(pageHeaders(sources).plain['content-security-policy']).toContain('https://cdn.example.com')
  })
})
