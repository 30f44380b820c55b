import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRange } from '../../src/base/address.ts'
import { Refusal } from '../../src/base/refusal.ts'
import { isHiddenHeader } from '../../src/guards/transport/canonical-headers.ts'
import {
  type CanonicalRequest,
  type RawRequest,
  type TransportSettings,
  transport,
} from '../../src/guards/transport.ts'

const settings: TransportSettings = {
  trustedProxies: ['10.0.0.0/8', 'fd00::/8'].map(parseRange),
  maxTargetBytes: 2048,
  maxHeaderBytes: 8192,
  maxHeaders: 64,
  hosts: null,
  dangerouslyAllowPlainHttp: false,
}
const body: AsyncIterable<Uint8Array> = {
  [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }),
}

function raw(change: Partial<RawRequest> = {}, headers: readonly string[] = []): RawRequest {
  return {
    method: 'GET',
    rawTarget: '/api/v1/invoices',
    rawHeaders: ['Host', 'api.example.com', ...headers],
    httpVersion: '1.1',
    peer: '203.0.113.7',
    tls: true,
    body,
    ...change,
  }
}

function read(
  change: Partial<RawRequest> = {},
  headers: readonly string[] = [],
  with_: Partial<TransportSettings> = {},
): CanonicalRequest {
  return transport(raw(change, headers), { ...settings, ...with_ })
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

const codeOf = (act: () => unknown) => refusalOf(act).code
const addressOf = (request: CanonicalRequest) => request.address.toString()

describe('canonical path', () => {
  it.each([
    ['/', []],
    ['/a', ['a']],
    ['/api/v1/x', ['api', 'v1', 'x']],
    ['/A/a', ['A', 'a']],
    ['/.well-known/security.txt', ['.well-known', 'security.txt']],
    ['/a/...', ['a', '...']],
    ['/caf%C3%A9', ['café']],
    ['/a%20b', ['a b']],
    ['/100%25', ['100%']],
    ['/a%3Bb', ['a;b']],
    ["/~-_.!$&'()*+,=:@", ["~-_.!$&'()*+,=:@"]],
    ['/%F0%9F%98%80', ['😀']],
  ])('accepts %s', (path, segments) => {
    const request = read({ rawTarget: `${path}?q=1` })
    expect(request.path).toBe(path)
    expect(request.segments).toEqual(segments)
    expect(request.query).toBe('q=1')
  })

  it.each([
    '',
    '*',
    'api',
    'api/v1',
    'http://api.example.com/',
    'https://api.example.com/api',
    'api.example.com:443',
    '//',
    '//api',
    '/api//v1',
    '/api/',
    '/.',
    '/..',
    '/api/..',
    '/api/./v1',
    '/api/../admin',
    '/%2e%2e/admin',
    '/%2E%2E/admin',
    '/api/.%2E/x',
    '/%61pi',
    '/%41',
    '/%7E',
    '/%2D',
    '/a%2Fb',
    '/a%2fb',
    '/a%5Cb',
    '/a\\b',
    '/a;x=1',
    '/;/a',
    '/a%00',
    '/a%0A',
    '/a%7F',
    '/a%C2%85',
    '/caf\u00e9',
    '/\u0100',
    '/a%c3%a9',
    '/a%C3',
    '/%C0%AF',
    '/%E0%80%AF',
    '/%ED%A0%80',
    '/%F5%80%80%80',
    '/%',
    '/%2',
    '/%zz',
    '/a%252e%252e',
    '/a%252F',
    '/a#b',
    '/a?b#c',
    '/a b',
    '/a\tb',
    '/a"b',
    '/a<b',
    '/a{b}',
    '/a|b',
    '/a^b',
    '/a`b',
    '/a[0]',
    '/?\u00e9',
    '/?a b',
    '/?\0',
  ])('refuses %j', (target) => {
    expect(codeOf(() => read({ rawTarget: target }))).toBe('bad_path')
  })

  const PIECES = [
    '/',
    '//',
    '.',
    '..',
    '%2e',
    '%2E',
    '%2F',
    '%5C',
    '%61',
    '%00',
    '%C3%A9',
    '%c3%a9',
    '%25',
    '2e',
    ';',
    ';x=1',
    '\\',
    'a',
    'A',
    'admin',
    '?',
    '#',
    '@',
    ' ',
    'é',
    '%',
    '~',
  ]

  it('lesson 5: over generated spellings the path is the input, and one reading of it, or it is refused', () => {
    const spelling = fc.oneof(
      fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`),
      fc.webPath(),
      fc.string(),
    )
    fc.assert(
      fc.property(spelling, (target) => {
        let request: CanonicalRequest
        try {
          request = read({ rawTarget: target })
        } catch (error) {
          expect((error as Refusal).status).toBe(400)
          return
        }
        expect(target).toBe(request.path + (target.includes('?') ? `?${request.query}` : ''))
        // An independent reader agrees: no normalization has anything left to do.
        expect(new URL(target, 'http://x').pathname).toBe(request.path)
        expect(request.path.split('/').slice(1).filter(Boolean).map(decodeURIComponent)).toEqual(request.segments)
        for (const segment of request.segments) {
          expect(segment).not.toMatch(/[/\\\0]|^\.{1,2}$|^$/)
          expect(decodeURIComponent(encodeURIComponent(segment))).toBe(segment)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('lesson 5: two accepted spellings with the same segments differ in escapes of sub-delimiters only', () => {
    const segment = fc.array(fc.constantFrom('a', '%40', '@', '%3A', ':', '%21', '!', '%C3%A9', '%20', '%61', '.'), {
      minLength: 1,
      maxLength: 5,
    })
    fc.assert(
      fc.property(segment, segment, (a, b) => {
        const [one, two] = [a, b].map((pieces) => {
          try {
            return read({ rawTarget: `/${pieces.join('')}` })
          } catch {
            return null
          }
        })
        if (!one || !two || one.segments[0] !== two.segments[0]) return
        const plain = (path: string) => path.replaceAll('%40', '@').replaceAll('%3A', ':').replaceAll('%21', '!')
        expect(plain(one.path)).toBe(plain(two.path))
      }),
    )
  })
})

describe('sizes', () => {
  it.each([
    ['uri_too_long', { rawTarget: `/${'a'.repeat(2048)}` }, []],
    ['headers_too_large', {}, Array.from({ length: 128 }, (_, at) => `x${at}`)],
    ['headers_too_large', {}, ['X-Long', 'a'.repeat(8192)]],
  ] as const)('%s', (code, change, headers) => {
    expect(codeOf(() => read(change, headers))).toBe(code)
  })
  it('accepts what is just inside', () => {
    expect(read({ rawTarget: `/${'a'.repeat(2047)}` }).path).toHaveLength(2048)
  })
  it('refuses when a setting is no number', () => {
    expect(codeOf(() => read({}, [], { maxTargetBytes: Number.NaN }))).toBe('uri_too_long')
    expect(codeOf(() => read({}, [], { maxHeaders: Number.NaN }))).toBe('headers_too_large')
  })
})

describe('framing', () => {
  it.each([
    [['Content-Length', '5', 'Transfer-Encoding', 'chunked']],
    [['Content-Length', '5', 'Content-Length', '5']],
    [['Content-Length', '5', 'content-length', '6']],
    [['Content-Length', '5, 5']],
    [['Content-Length', '+5']],
    [['Content-Length', '-1']],
    [['Content-Length', '0x5']],
    [['Content-Length', '5 ']],
    [['Content-Length', '']],
    [['Content-Length', '9'.repeat(16)]],
    [['Transfer-Encoding', 'gzip, chunked']],
    [['Transfer-Encoding', 'chunked, identity']],
    [['Transfer-Encoding', 'identity']],
    [['Transfer-Encoding', 'Chunked']],
    [['Transfer-Encoding', 'xchunked']],
    [['Transfer-Encoding', 'chunked ']],
    [['Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked']],
  ])('lesson 8: refuses and closes on %j', (headers) => {
    const refusal = refusalOf(() => read({ method: 'POST' }, headers))
    expect(refusal.code).toBe('ambiguous_framing')
    expect(refusal.headers.connection).toBe('close')
  })
  it('refuses chunked in HTTP/1.0, and other versions', () => {
    expect(codeOf(() => read({ method: 'POST', httpVersion: '1.0' }, ['Transfer-Encoding', 'chunked']))).toBe(
      'ambiguous_framing',
    )
    expect(codeOf(() => read({ httpVersion: '0.9' }))).toBe('ambiguous_framing')
  })
  it('gives the body only to a request that has one', () => {
    expect(read({ method: 'POST' }).body).toBeNull()
    expect(read({ method: 'POST' }, ['Content-Length', '0']).body).toBeNull()
    expect(read({ method: 'POST' }, ['Content-Length', '3']).body).toBe(body)
    expect(read({ method: 'POST' }, ['Transfer-Encoding', 'chunked']).body).toBe(body)
    expect(read({ method: 'POST', httpVersion: '2.0' }).body).toBe(body)
  })
})

describe('methods and expectations', () => {
  it.each([
    ['TRACE', 'method_not_allowed'],
    ['CONNECT', 'method_not_allowed'],
    ['PROPFIND', 'not_implemented'],
    ['get', 'not_implemented'],
    ['G ET', 'bad_request'],
    ['', 'bad_request'],
  ])('%j is %s', (method, code) => {
    expect(codeOf(() => read({ method }))).toBe(code)
  })
  it('names the methods with 405', () => {
    expect(refusalOf(() => read({ method: 'TRACE' })).headers.allow).toContain('GET')
  })
  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('%s passes', (method) => {
    expect(read({ method }).method).toBe(method)
  })
  it('refuses expectations but 100-continue', () => {
    expect(codeOf(() => read({}, ['Expect', '200-ok']))).toBe('expectation_failed')
    expect(read({}, ['Expect', '100-Continue']).headers.get('expect')).toBe('100-Continue')
  })
})

describe('headers', () => {
  it.each([
    ['Host', 'bad_header'],
    ['Authorization', 'invalid_request'],
    ['Content-Type', 'bad_header'],
    ['Cookie', 'bad_header'],
    ['Origin', 'bad_header'],
    ['Idempotency-Key', 'bad_header'],
    ['X-Anything', 'bad_header'],
  ])('a repeated %s is %s', (name, code) => {
    expect(codeOf(() => read({}, [name, 'a', name.toLowerCase(), 'a']))).toBe(code)
  })
  it('joins lists, and cookies in HTTP/2', () => {
    expect(read({}, ['Accept', 'a/b', 'accept', 'c/d']).headers.get('accept')).toBe('a/b, c/d')
    expect(read({ httpVersion: '2.0' }, ['cookie', 'a=1', 'cookie', 'b=2']).headers.get('cookie')).toBe('a=1; b=2')
  })
  it.each([
    [['X-A', 'a\0b']],
    [['X-A', 'a\r\nX-B: c']],
    [['X-A', '\u0100']],
    [['X A', 'b']],
    [['', 'b']],
    [['X-A:', 'b']],
    [['X-A']],
  ])('refuses the malformed line %j', (headers) => {
    expect(codeOf(() => read({}, headers))).toBe('bad_header')
  })
  it('lesson 8: Connection takes no header away', () => {
    const request = read({}, ['Connection', 'close, Authorization, Host', 'Authorization', 'Bearer x'])
    expect(request.headers.get('authorization')).toBe('Bearer x')
    expect(request.host).toBe('api.example.com')
  })
  it.each([
    'X-HTTP-Method-Override',
    'X-HTTP-Method',
    'X-Method-Override',
    'X-Original-URL',
    'X-Original-Host',
    'X-Rewrite-URL',
    'X-User-Id',
    'X_User_Id',
    'X-User-Roles',
    'X-Forwarded-User',
    'X-Forwarded-Prefix',
    'X-Auth-Request-Email',
    'X-Consumer-Username',
    'X-MS-CLIENT-PRINCIPAL-ID',
    'X-Amzn-Oidc-Data',
    'Remote-User',
    'X-Real-IP',
    'True-Client-IP',
    'CF-Connecting-IP',
    'X-Client-IP',
    'Proxy',
    'Content_Length',
  ])('lesson 8: %s cannot be read, even repeated', (name) => {
    const request = read({}, [name, 'DELETE', name, '/admin'])
    expect([...request.headers.keys()]).toEqual(['host'])
    expect(request.method).toBe('GET')
    expect(request.path).toBe('/api/v1/invoices')
    expect(isHiddenHeader(name.toLowerCase())).toBe(true)
  })
  it.each(['authorization', 'x-request-id', 'x-api-version', 'idempotency-key'])('%s can be read', (name) => {
    expect(isHiddenHeader(name)).toBe(false)
  })
})

describe('host', () => {
  it.each([
    ['API.Example.com', 'api.example.com'],
    ['api.example.com:443', 'api.example.com'],
    ['api.example.com:8443', 'api.example.com:8443'],
    ['192.0.2.1:8080', '192.0.2.1:8080'],
    ['[2001:DB8::1]:443', '[2001:db8::1]'],
  ])('%s is %s', (text, host) => {
    expect(transport({ ...raw(), rawHeaders: ['Host', text] }, settings).host).toBe(host)
  })
  it.each(['', ' ', 'a b', 'a/b', 'user@a', 'a:', 'a:0', 'a:123456', 'a..:x', '-a', 'a.', '[::1', 'a,b', 'a#b', 'é'])(
    'refuses %j',
    (text) => {
      expect(codeOf(() => transport({ ...raw(), rawHeaders: ['Host', text] }, settings))).toBe('bad_header')
    },
  )
  it('is needed, in HTTP/1.0 too', () => {
    expect(codeOf(() => read({ rawHeaders: [] }))).toBe('bad_header')
    expect(codeOf(() => read({ rawHeaders: [], httpVersion: '1.0' }))).toBe('bad_header')
    expect(read({ httpVersion: '1.0' }).host).toBe('api.example.com')
  })
  it('must be on the list, exactly', () => {
    const hosts = ['api.example.com']
    expect(read({}, [], { hosts }).host).toBe('api.example.com')
    for (const host of ['evil.example', 'api.example.com.evil.example', 'xapi.example.com', 'api.example.com:8443']) {
      expect(codeOf(() => transport({ ...raw(), rawHeaders: ['Host', host] }, { ...settings, hosts }))).toBe(
        'misdirected',
      )
    }
  })
})

describe('plain HTTP', () => {
  it.each([
    ['from far', { tls: false }, {}, 'plain_http'],
    ['from a proxy that says nothing', { tls: false, peer: '10.0.0.1' }, {}, 'plain_http'],
    ['from loopback', { tls: false, peer: '127.0.0.1' }, {}, null],
    ['from loopback, mapped', { tls: false, peer: '::ffff:127.0.0.1' }, {}, null],
    ['from loopback, IPv6', { tls: false, peer: '::1' }, {}, null],
    [
      'from a proxy on loopback',
      { tls: false, peer: '127.0.0.1' },
      { trustedProxies: [parseRange('127.0.0.0/8')] },
      'plain_http',
    ],
    ['when dangerously allowed', { tls: false }, { dangerouslyAllowPlainHttp: true }, null],
  ] as const)('%s', (_name, change, with_, code) => {
    if (code === null) expect(read(change, [], with_).tls).toBe(false)
    else expect(codeOf(() => read(change, [], with_))).toBe(code)
  })
})

describe('trusted proxies', () => {
  const peer = '10.0.0.1'
  it.each([
    ['no header', [], '10.0.0.1'],
    ['one client', ['X-Forwarded-For', '198.51.100.9'], '198.51.100.9'],
    ['an invented one on the left', ['X-Forwarded-For', '1.1.1.1, 198.51.100.9'], '198.51.100.9'],
    ['rubbish on the left', ['X-Forwarded-For', 'rubbish, 198.51.100.9'], '198.51.100.9'],
    ['two proxies', ['X-Forwarded-For', '198.51.100.9, 10.2.3.4'], '198.51.100.9'],
    ['two lines', ['X-Forwarded-For', '198.51.100.9', 'X-Forwarded-For', '10.2.3.4'], '198.51.100.9'],
    ['all inside', ['X-Forwarded-For', '10.9.9.9, 10.2.3.4'], '10.9.9.9'],
    ['with a port', ['X-Forwarded-For', '198.51.100.9:4711'], '198.51.100.9'],
    ['IPv6 with a port', ['X-Forwarded-For', '[2001:db8::9]:4711'], '2001:db8::9'],
    ['mapped IPv4', ['X-Forwarded-For', '::ffff:198.51.100.9'], '198.51.100.9'],
    ['RFC 7239', ['Forwarded', 'for=1.1.1.1, for="[2001:db8::9]:4711";proto=https;by=10.0.0.1'], '2001:db8::9'],
    ['both, the same', ['Forwarded', 'for=198.51.100.9', 'X-Forwarded-For', '198.51.100.9'], '198.51.100.9'],
  ])('the address with %s', (_name, headers, address) => {
    expect(addressOf(read({ peer }, headers))).toBe(address)
  })
  it.each([
    ['rubbish', ['X-Forwarded-For', 'rubbish']],
    ['an empty hop', ['X-Forwarded-For', '198.51.100.9, ']],
    ['an octal address', ['X-Forwarded-For', '0306.51.100.9']],
    ['unknown', ['Forwarded', 'for=unknown']],
    ['an obfuscated name', ['Forwarded', 'for=_hidden']],
    ['no for', ['Forwarded', 'proto=https']],
    ['two for in one hop', ['Forwarded', 'for=1.1.1.1;for=2.2.2.2']],
    ['a broken Forwarded', ['Forwarded', 'for="1.1.1.1']],
    ['both, differing', ['Forwarded', 'for=198.51.100.9', 'X-Forwarded-For', '198.51.100.8']],
    ['schemes that differ', ['Forwarded', 'for=198.51.100.9;proto=http', 'X-Forwarded-Proto', 'https']],
    ['a repeated scheme', ['X-Forwarded-Proto', 'https', 'X-Forwarded-Proto', 'http']],
    ['a list of schemes', ['X-Forwarded-Proto', 'https, http']],
    ['a repeated host', ['X-Forwarded-Host', 'a', 'X-Forwarded-Host', 'a']],
    ['a malformed host', ['X-Forwarded-Host', 'a/b']],
  ])('refuses %s', (_name, headers) => {
    expect(codeOf(() => read({ peer }, headers))).toBe('bad_header')
  })
  it('takes scheme and host from the proxy', () => {
    const headers = [
      'X-Forwarded-For',
      '198.51.100.9',
      'X-Forwarded-Proto',
      'https',
      'X-Forwarded-Host',
      'Shop.Example.com:443',
    ]
    const request = read({ peer, tls: false }, headers)
    expect([request.tls, request.host]).toEqual([true, 'shop.example.com'])
    expect(codeOf(() => read({ peer, tls: true }, ['X-Forwarded-Proto', 'http']))).toBe('plain_http')
    expect(codeOf(() => read({ peer }, headers, { hosts: ['api.example.com'] }))).toBe('misdirected')
  })
  it('lesson 7: an IPv4 range in IPv6 clothing does not mean everyone', () => {
    expect(() => parseRange('::ffff:10.0.0.0/8')).toThrow(RangeError)
    const trustedProxies = [parseRange('::ffff:10.0.0.0/104')]
    expect(addressOf(read({ peer: '203.0.113.7' }, ['X-Forwarded-For', '1.1.1.1'], { trustedProxies }))).toBe(
      '203.0.113.7',
    )
    expect(addressOf(read({ peer: '::ffff:10.0.0.1' }, ['X-Forwarded-For', '1.1.1.1'], { trustedProxies }))).toBe(
      '1.1.1.1',
    )
  })
  it('lesson 7: from an untrusted peer forwarding headers change nothing', () => {
    const names = [
      'X-Forwarded-For',
      'X-Forwarded-Host',
      'X-Forwarded-Proto',
      'X-Forwarded-Port',
      'X-Forwarded-Prefix',
      'Forwarded',
      'X-Real-IP',
      'True-Client-IP',
      'x-forwarded-for',
    ]
    const values = [
      '127.0.0.1',
      '10.0.0.1',
      'evil.example',
      'http',
      'https',
      '/admin',
      'for=127.0.0.1;proto=http;host=evil.example',
      'rubbish',
    ]
    const header = fc.tuple(fc.constantFrom(...names), fc.oneof(fc.constantFrom(...values), fc.ipV4(), fc.ipV6()))
    const plain = read()
    fc.assert(
      fc.property(
        fc.array(header, { maxLength: 6 }),
        (headers) => void expect(read({}, headers.flat())).toEqual(plain),
      ),
    )
  })
  it('refuses plain HTTP whatever an untrusted peer claims', () => {
    expect(codeOf(() => read({ tls: false }, ['X-Forwarded-Proto', 'https']))).toBe('plain_http')
  })
})

describe('address keys', () => {
  it('lesson 4: every spelling is one key, a /64 is one key, distinct IPv4 stay distinct', () => {
    const key = (peer: string) => read({ peer }).addressKey
    expect(key('::ffff:203.0.113.7')).toBe(key('203.0.113.7'))
    expect(key('::FFFF:cb00:7107')).toBe(key('203.0.113.7'))
    expect(key('203.0.113.8')).not.toBe(key('203.0.113.7'))
    expect(key('2001:db8:0:1::1')).toBe(key('2001:DB8:0:1:ffff::2'))
    expect(key('2001:db8:0:2::1')).not.toBe(key('2001:db8:0:1::1'))
    expect(key('fe80::1%eth0')).toBe(key('fe80::1'))
  })
  it('are told before the rest is looked at, once', () => {
    const met: string[] = []
    const meet = (key: string) => void met.push(key)
    expect(codeOf(() => transport(raw({ rawTarget: '//' }), settings, meet))).toBe('bad_path')
    expect(codeOf(() => transport(raw({ rawTarget: '/'.repeat(9999) }), settings, meet))).toBe('uri_too_long')
    expect(met).toEqual(['203.0.113.7', '203.0.113.7'])
    transport(raw({ peer: '10.0.0.1' }, ['X-Forwarded-For', '198.51.100.9']), settings, meet)
    expect(met.slice(2)).toEqual(['198.51.100.9'])
  })
  it('stop the request when the teller throws', () => {
    const full = () => {
      throw new Refusal('rate_limited')
    }
    expect(codeOf(() => transport(raw({ rawTarget: '//' }), settings, full))).toBe('rate_limited')
  })
  it('refuse a peer without an address', () => {
    expect(codeOf(() => read({ peer: '' }))).toBe('bad_request')
  })
  it('stay right when thousands of peers pass', () => {
    for (let at = 0; at < 6000; at++) {
      const peer = `198.18.${at >> 8}.${at & 255}`
      expect(read({ peer }).addressKey).toBe(peer)
    }
    expect(read({ peer: '198.18.0.0' }).addressKey).toBe('198.18.0.0')
  })
})
