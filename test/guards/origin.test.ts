import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../../src/base/refusal.ts'
import {
  type OriginConfig,
  type OriginResult,
  origin,
  parseOriginSettings,
  parseOrigins,
} from '../../src/guards/origin.ts'

const APP = 'https://app.example.com'
const config: OriginConfig = { origins: [APP, 'http://localhost:5173'], credentials: true, maxAgeSeconds: 300 }
const METHODS = ['GET', 'HEAD', 'POST', 'PATCH', 'OPTIONS']

function ask(method: string, headers: Record<string, string>, given: OriginConfig = config): OriginResult {
  const request = { method, headers: new Map(Object.entries(headers)), host: 'api.example.com', tls: true }
  return origin(request, parseOriginSettings(given), METHODS)
}

function refusalOf(act: () => unknown): Refusal {
  try {
    act()
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  throw new Error('it was accepted')
}

const LOOKALIKES = [
  'null',
  '*',
  '',
  'https://app.example.com.evil.example',
  'https://evilapp.example.com',
  'https://appXexample.com',
  'https://app-example.com',
  'http://app.example.com',
  'https://app.example.com:8443',
  'https://app.example.com:443',
  'https://app.example.com/',
  'https://APP.example.com',
  'https://app.example.com evil',
  'https://x.app.example.com',
  'https://evil.example#https://app.example.com',
  'https://evil.example/https://app.example.com',
  'app.example.com',
  'https://app.example.com,https://evil.example',
  'https://app.example.com.',
  'file://',
  'https://app.example.com%00.evil.example',
  'https://app.example.com@evil.example',
  'http://localhost',
  'http://localhost:51730',
]

describe('CORS', () => {
  it('answers an allowed origin by name', () => {
    const result = ask('GET', { origin: APP })
    expect(result).toEqual({
      headers: {
        vary: 'Origin',
        'access-control-allow-origin': APP,
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': expect.stringContaining('ratelimit'),
      },
    })
  })
  it('gives no credentials unless told to', () => {
    expect(ask('GET', { origin: APP }, { origins: [APP] })).not.toHaveProperty(
      'headers.access-control-allow-credentials',
    )
  })
  it.each(LOOKALIKES)('lesson 31: origin %j gets no permission, and Vary', (from) => {
    expect(ask('GET', { origin: from })).toEqual({ headers: { vary: 'Origin' } })
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const refusal = refusalOf(() => ask(method, { origin: from }))
      expect([refusal.code, refusal.headers.vary]).toEqual(['origin_denied', 'Origin'])
    }
    const preflight = refusalOf(() => ask('OPTIONS', { origin: from, 'access-control-request-method': 'GET' }))
    expect([preflight.code, preflight.headers.vary]).toEqual(['origin_denied', expect.stringContaining('Origin')])
    expect(preflight.headers).not.toHaveProperty('access-control-allow-origin')
  })
  it('lesson 31: no other text than a listed origin ever gets permission', () => {
    const mutated = fc
      .tuple(fc.constantFrom(APP, 'http://localhost:5173'), fc.nat(30), fc.string({ maxLength: 3 }))
      .map(([text, at, extra]) => text.slice(0, at) + extra + text.slice(at))
    fc.assert(
      fc.property(fc.oneof(mutated, fc.webUrl(), fc.string()), (from) => {
        const result = ask('GET', { origin: from })
        const granted = result.preflight === undefined && result.headers['access-control-allow-origin'] === from
        expect(granted).toBe(config.origins?.includes(from))
      }),
    )
  })
  it('varies without an Origin too', () => {
    expect(ask('GET', {})).toEqual({ headers: { vary: 'Origin' } })
  })
})

describe('preflight', () => {
  it('takes the policy of the method it asks for', () => {
    expect(ask('OPTIONS', { origin: APP, 'access-control-request-method': 'PATCH' })).toEqual({
      preflight: {
        status: 204,
        headers: expect.objectContaining({
          'access-control-allow-origin': APP,
          'access-control-allow-methods': 'PATCH',
          'access-control-allow-headers': 'authorization, content-type, idempotency-key',
          'access-control-max-age': '300',
          vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
        }),
      },
    })
  })
  it.each(['DELETE', 'patch', 'TRACE', '*', ''])('refuses the method %j', (method) => {
    const refusal = refusalOf(() => ask('OPTIONS', { origin: APP, 'access-control-request-method': method }))
    expect([refusal.code, refusal.headers.allow]).toEqual(['method_not_allowed', METHODS.join(', ')])
    expect(refusal.headers.vary).toContain('Origin')
  })
  it('is only OPTIONS with both headers', () => {
    expect(ask('OPTIONS', { origin: APP })).toHaveProperty('headers')
    expect(ask('OPTIONS', { 'access-control-request-method': 'GET' })).toHaveProperty('headers')
    expect(ask('GET', { origin: APP, 'access-control-request-method': 'GET' })).toHaveProperty('headers')
  })
})

describe('Fetch Metadata', () => {
  it.each([
    ['POST', { 'sec-fetch-site': 'same-origin' }, true],
    ['POST', { 'sec-fetch-site': 'same-origin', origin: 'https://api.example.com' }, true],
    ['POST', { 'sec-fetch-site': 'none' }, true],
    ['POST', { 'sec-fetch-site': 'cross-site' }, false],
    ['POST', { 'sec-fetch-site': 'same-site' }, false],
    ['POST', { 'sec-fetch-site': 'Same-Origin' }, false],
    ['POST', { 'sec-fetch-site': '' }, false],
    ['POST', { 'sec-fetch-site': 'cross-site', origin: 'https://api.example.com' }, false],
    ['POST', { 'sec-fetch-site': 'cross-site', origin: APP }, true],
    ['POST', { 'sec-fetch-site': 'cross-site', origin: 'null' }, false],
    ['DELETE', { 'sec-fetch-site': 'cross-site' }, false],
    ['GET', { 'sec-fetch-site': 'cross-site' }, true],
    ['HEAD', { 'sec-fetch-site': 'cross-site' }, true],
    ['POST', {}, true],
    ['POST', { origin: 'https://api.example.com' }, true],
    ['POST', { origin: 'http://api.example.com' }, false],
    ['POST', { origin: 'https://api.example.com:8443' }, false],
    ['POST', { origin: 'null' }, false],
  ])('%s with %j passes: %s', (method, headers, passes) => {
    const act = () => ask(method, headers as Record<string, string>)
    if (passes) expect(act()).toHaveProperty('headers.vary')
    else expect(refusalOf(act).code).toBe('origin_denied')
  })
})

describe('settings', () => {
  it.each([
    ...[
      '*',
      'null',
      '',
      'https://*.example.com',
      'https://app.example.com/',
      'https://app.example.com/x',
      'https://APP.example.com',
      'https://app.example.com:443',
      'http://app.example.com:80',
    ],
    ...[
      'app.example.com',
      '//app.example.com',
      'ftp://app.example.com',
      'file:///',
      'https://user@app.example.com',
      'https://bücher.example',
      ' https://app.example.com',
      'https://app.example.com?x',
      'https://app.example.com#x',
    ],
  ])('the origin %j is refused', (text) => {
    expect(() => parseOrigins([APP, text])).toThrow(RangeError)
  })
  it('says the right spelling', () => {
    expect(() => parseOrigins(['https://App.example.com:443/x'])).toThrow('"https://app.example.com"')
    expect(() => parseOrigins(['https://bücher.example'])).toThrow('"https://xn--bcher-kva.example"')
  })
  it('exact origins are taken', () => {
    expect([...parseOrigins([APP, 'http://localhost:5173', 'https://[2001:db8::1]:8443'])]).toHaveLength(3)
  })
  it.each([
    [{ maxAgeSeconds: -1 }],
    [{ maxAgeSeconds: 86_401 }],
    [{ maxAgeSeconds: Number.NaN }],
    [{ maxAgeSeconds: 1.5 }],
    [{ credentials: 'yes' }],
    [{ allowHeaders: ['*'] }],
    [{ allowHeaders: ['X-A'] }],
    [{ exposeHeaders: ['a, b'] }],
    [{ origin: [APP] }],
  ])('%j is refused', (given) => {
    expect(() => parseOriginSettings(given as unknown as OriginConfig)).toThrow(RangeError)
  })
  it('0 is a value', () => {
    const result = ask(
      'OPTIONS',
      { origin: APP, 'access-control-request-method': 'GET' },
      { origins: [APP], maxAgeSeconds: 0 },
    )
    expect(result).toHaveProperty(['preflight', 'headers', 'access-control-max-age'], '0')
  })
})
