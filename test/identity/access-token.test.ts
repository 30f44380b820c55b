import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { ManualClock } from '../../src/base/clock.ts'
import { type AccessTokens, accessTokens } from '../../src/identity/access-token.ts'
import {
  generateTokenKeys,
  parseTokenKeys,
  retireTokenKey,
  rotateTokenKeys,
  type TokenKeys,
} from '../../src/identity/token-keys.ts'

const POLICY = {
  issuer: 'https://api.example',
  audience: 'https://api.example',
  clientId: 'first-party',
  lifetimeSeconds: 900,
  cacheSize: 100,
}
const GRANT = {
  subject: '5a0fd3a6-4b19-4d2c-9a53-0d1a3c0a9a11',
  tenant: 't1',
  roles: ['user'],
  scopes: ['a:read', 'a:write'],
  sessionId: 's1',
  authenticatedAt: new Date(Date.UTC(2026, 0, 1)),
  factors: 1,
  epoch: 3,
}
const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

let keys: TokenKeys
let clock: ManualClock
let tokens: AccessTokens
let token: string
beforeAll(async () => {
  keys = await generateTokenKeys()
  clock = new ManualClock()
  tokens = await accessTokens(keys, POLICY, clock)
  token = (await tokens.issue(GRANT)).token
})

const claimsOf = (text: string) =>
  JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>
/** Signs whatever we like with the real key. */
const forge = (
  claims: unknown,
  header: Record<string, unknown> = { alg: 'EdDSA', kid: keys.active.kid, typ: 'at+jwt' },
) => {
  const input = `${encode(header)}.${encode(claims as object)}`
  const key = createPrivateKey({ format: 'jwk', key: JSON.parse(keys.active.jwk.reveal()) })
  return `${input}.${sign(null, Buffer.from(input), key).toString('base64url')}`
}
const refused = async (text: string) => {
  const verdict = await tokens.verify(text)
  return 'rejected' in verdict ? verdict.rejected : 'accepted'
}

describe('an access token', () => {
  it('carries the claims of RFC 9068 and says who calls', async () => {
    const claims = claimsOf(token)
    expect(Object.keys(claims).sort()).toEqual(
      [
        'iss',
        'aud',
        'sub',
        'client_id',
        'iat',
        'exp',
        'jti',
        'sid',
        'scope',
        'roles',
        'tenant',
        'auth_time',
        'factors',
        'epoch',
      ].sort(),
    )
    expect(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())).toEqual({
      alg: 'EdDSA',
      kid: keys.active.kid,
      typ: 'at+jwt',
    })
    const verified = await tokens.verify(token)
    expect(verified).toMatchObject({
      epoch: 3,
      expiresAt: clock.now() + 900_000,
      principal: {
        kind: 'user',
        id: GRANT.subject,
        tenant: 't1',
        roles: ['user'],
        scopes: ['a:read', 'a:write'],
        sessionId: 's1',
        factors: 1,
        tokenId: claims.jti,
      },
    })
    expect(Object.isFrozen((verified as { principal: object }).principal)).toBe(true)
  })

  it('is verified at once the second time', async () => {
    await tokens.verify(token)
    expect(tokens.verify(token)).not.toBeInstanceOf(Promise)
  })

  it('is refused with any one byte changed, added or taken away', async () => {
    await tokens.verify(token)
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n\0é'
    await fc.assert(
      fc.asyncProperty(
        fc.nat(token.length - 1),
        fc.constantFrom(...alphabet),
        fc.constantFrom('change', 'insert', 'remove'),
        async (at, character, how) => {
          const rest = token.slice(how === 'insert' ? at : at + 1)
          const changed = token.slice(0, at) + (how === 'remove' ? '' : character) + rest
          fc.pre(changed !== token)
          expect(await refused(changed)).toBe('invalid')
        },
      ),
      { numRuns: 300 },
    )
  })

  it('is refused with every last character of its parts but its own: no two spellings of one token', async () => {
    for (const part of [0, 1, 2]) {
      const parts = token.split('.')
      const text = parts[part] as string
      for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
        if (text.endsWith(character)) continue
        expect(await refused(parts.with(part, text.slice(0, -1) + character).join('.'))).toBe('invalid')
      }
    }
  })

  it('tells expired from invalid, from the cache too', async () => {
    const own = new ManualClock()
    const desk = await accessTokens(keys, POLICY, own)
    const { token: short } = await desk.issue(GRANT)
    expect(await desk.verify(short)).toHaveProperty('principal')
    own.advance(899_999)
    expect(await desk.verify(short)).toHaveProperty('principal')
    own.advance(1)
    expect(await desk.verify(short)).toMatchObject({ rejected: 'expired' })
    expect(await desk.verify(short)).toMatchObject({ rejected: 'expired' })
    const at = short.lastIndexOf('.') + 1
    const forged = `${short.slice(0, at)}${short[at] === 'A' ? 'B' : 'A'}${short.slice(at + 1)}`
    expect(await desk.verify(forged)).toMatchObject({ rejected: 'invalid' })
  })
})

describe('forged tokens', () => {
  const real = () => claimsOf(token)

  it.each(['none', 'None', 'NONE', 'nOnE'])('alg %s', async (alg) => {
    const input = `${encode({ alg, typ: 'at+jwt', kid: keys.active.kid })}.${encode(real())}`
    for (const signature of ['', token.split('.')[2]]) expect(await refused(`${input}.${signature}`)).toBe('invalid')
  })

  it.each([
    ['the signature stripped', () => token.split('.').slice(0, 2).join('.')],
    ['the signature empty', () => `${token.split('.').slice(0, 2).join('.')}.`],
    ['a zero signature', () => `${token.split('.').slice(0, 2).join('.')}.${Buffer.alloc(64).toString('base64url')}`],
    ['a fourth part', () => `${token}.x`],
    [
      'JSON serialization',
      () =>
        JSON.stringify({
          payload: token.split('.')[1],
          signatures: [{ protected: token.split('.')[0], signature: token.split('.')[2] }],
        }),
    ],
    ['nothing', () => ''],
    ['white space around', () => ` ${token} `],
    [
      'padding',
      () =>
        token
          .split('.')
          .map((part) => part.padEnd(Math.ceil(part.length / 4) * 4, '='))
          .join('.'),
    ],
    ['10,000 bytes', () => `${'A'.repeat(10_000)}.A.A`],
  ])('%s', async (_name, make) => {
    expect(await refused(make())).toBe('invalid')
  })

  it('HS256 signed with the public key, as JWK members, PEM, PEM with white space, and DER', async () => {
    const key = createPublicKey({ format: 'jwk', key: JSON.parse(keys.active.jwk.reveal()) })
    const pem = key.export({ format: 'pem', type: 'spki' }).toString()
    const secrets = [
      pem,
      pem.trim(),
      `\n ${pem}`,
      pem.replaceAll('\n', '\r\n'),
      key.export({ format: 'der', type: 'spki' }),
      String(key.export({ format: 'jwk' }).x),
      Buffer.from(String(key.export({ format: 'jwk' }).x), 'base64url'),
    ]
    for (const secret of secrets) {
      for (const header of [
        { alg: 'HS256', kid: keys.active.kid, typ: 'at+jwt' },
        { alg: 'HS256', typ: 'at+jwt' },
      ]) {
        const input = `${encode(header)}.${encode(real())}`
        expect(await refused(`${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`)).toBe(
          'invalid',
        )
      }
    }
  })

  it.each([
    '../../../../dev/null',
    '/dev/null',
    "x' UNION SELECT 'AA",
    "' OR 1=1 --",
    '',
    'file:///etc/passwd',
    '__proto__',
    'constructor',
    '| whoami',
    'x'.repeat(300),
  ])('kid %j', async (kid) => {
    const header = { alg: 'HS256', typ: 'at+jwt', kid }
    const input = `${encode(header)}.${encode(real())}`
    for (const secret of ['', 'AA', '\0'])
      expect(await refused(`${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`)).toBe(
        'invalid',
      )
    expect(await refused(forge(real(), { alg: 'EdDSA', typ: 'at+jwt', kid }))).toBe('invalid')
  })

  it('a key brought along (jwk, jku, x5u, x5c) or a header that changes the rules (crit, b64, zip), properly signed', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const jwk = publicKey.export({ format: 'jwk' })
    const bring = [
      { jwk },
      { jku: 'http://127.0.0.1:9/jwks.json' },
      { x5u: 'http://127.0.0.1:9/cert' },
      { x5c: ['MII'] },
    ]
    for (const extra of bring) {
      const input = `${encode({ alg: 'EdDSA', typ: 'at+jwt', kid: 'theirs', ...extra })}.${encode(real())}`
      expect(await refused(`${input}.${sign(null, Buffer.from(input), privateKey).toString('base64url')}`)).toBe(
        'invalid',
      )
    }
    for (const extra of [
      ...bring,
      { crit: ['exp'] },
      { crit: [] },
      { b64: false, crit: ['b64'] },
      { b64: true },
      { zip: 'DEF' },
      { cty: 'JWT' },
      { p2c: 1 },
    ]) {
      expect(await refused(forge(real(), { alg: 'EdDSA', kid: keys.active.kid, typ: 'at+jwt', ...extra }))).toBe(
        'invalid',
      )
    }
    expect(await refused(forge(real()))).toBe('accepted')
  })

  it('a header with a repeated member', async () => {
    const payload = encode(real())
    const key = createPrivateKey({ format: 'jwk', key: JSON.parse(keys.active.jwk.reveal()) })
    for (const header of [
      `{"alg":"none","alg":"EdDSA","kid":"${keys.active.kid}","typ":"at+jwt"}`,
      `{"alg":"EdDSA","kid":"${keys.active.kid}","typ":"at+jwt","typ":"at+jwt"}`,
      `{"\\u0061lg":"EdDSA","alg":"EdDSA","kid":"${keys.active.kid}","typ":"at+jwt"}`,
    ]) {
      const input = `${encode(header)}.${payload}`
      expect(await refused(`${input}.${sign(null, Buffer.from(input), key).toString('base64url')}`)).toBe('invalid')
    }
  })

  it.each(['JWT', 'jwt', 'rt+jwt', 'id+jwt', 'application/jwt', undefined])(
    'another type of token: %s',
    async (typ) => {
      expect(
        await refused(forge(real(), { alg: 'EdDSA', kid: keys.active.kid, ...(typ === undefined ? {} : { typ }) })),
      ).toBe('invalid')
    },
  )

  it('accepts the long spelling of the type (RFC 7515 section 4.1.9)', async () => {
    expect(await refused(forge(real(), { alg: 'EdDSA', kid: keys.active.kid, typ: 'application/AT+JWT' }))).toBe(
      'accepted',
    )
  })
})

describe('claims, properly signed', () => {
  const now = Date.UTC(2026, 0, 1) / 1000
  it.each<[string, Record<string, unknown>]>([
    ['exp as a text', { exp: String(now + 60) }],
    ['exp null (NaN and Infinity are null in JSON)', { exp: null }],
    ['no exp', { exp: undefined }],
    ['exp beyond any date', { exp: 1e300 }],
    ['exp negative', { exp: -1 }],
    ['exp as a list', { exp: [now + 60] }],
    ['iat as a text', { iat: String(now) }],
    ['no iat', { iat: undefined }],
    ['iat in the future', { iat: now + 3600, exp: now + 3700 }],
    ['nbf in the future', { nbf: now + 3600 }],
    ['nbf as a text', { nbf: 'now' }],
    ['a longer life than the policy', { exp: now + 901 }],
    ['another issuer', { iss: 'https://evil.example' }],
    ['no issuer', { iss: undefined }],
    ['the issuer in a list', { iss: ['https://api.example'] }],
    ['another audience', { aud: 'https://other.example' }],
    ['no audience', { aud: undefined }],
    ['audiences without us', { aud: ['a', 'b'] }],
    ['no subject', { sub: undefined }],
    ['an empty subject', { sub: '' }],
    ['a number as subject', { sub: 1 }],
    ['no jti', { jti: undefined }],
    ['no sid', { sid: undefined }],
    ['no client_id', { client_id: undefined }],
    ['roles as a text', { roles: 'admin' }],
    ['roles with a number', { roles: [1] }],
    ['scope as a list', { scope: ['a'] }],
    ['tenant as a list', { tenant: ['t1'] }],
    ['no tenant', { tenant: undefined }],
    ['an epoch as a text', { epoch: '3' }],
    ['no epoch', { epoch: undefined }],
    ['half a factor', { factors: 0.5 }],
  ])('%s', async (_name, change) => {
    expect(await refused(forge({ ...claimsOf(token), ...change }))).toBe('invalid')
  })

  it.each([['[]'], ['null'], ['"x"'], ['1'], ['{'], ['']])('a payload that is no object: %s', async (payload) => {
    expect(await refused(forge(payload))).toBe('invalid')
  })

  it('an audience among others', async () => {
    expect(await refused(forge({ ...claimsOf(token), aud: ['x', 'https://api.example'] }))).toBe('accepted')
  })
})

describe('the key ring of tokens', () => {
  it.each(['EdDSA', 'ES256', 'RS256', 'HS256'] as const)(
    'signs and verifies with %s, and shows public members only',
    async (alg) => {
      const ring = await generateTokenKeys(alg)
      const desk = await accessTokens(ring, POLICY, clock)
      const made = (await desk.issue(GRANT)).token
      expect(await desk.verify(made)).toHaveProperty('principal.id', GRANT.subject)
      const shown = ring.jwks().keys
      expect(shown).toHaveLength(alg === 'HS256' ? 0 : 1)
      for (const jwk of shown) {
        for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(jwk).not.toHaveProperty(member)
        expect(jwk).toMatchObject({ alg, use: 'sig', kid: ring.active.kid })
      }
      if (alg === 'RS256') expect(Buffer.from(shown[0]?.n ?? '', 'base64url').byteLength * 8).toBe(3072)
    },
  )

  it('rotates with an overlap: old tokens hold until their key is retired', async () => {
    const before = await accessTokens(keys, POLICY, clock)
    const old = (await before.issue(GRANT)).token
    const rotated = await rotateTokenKeys(keys)
    const during = await accessTokens(rotated, POLICY, clock)
    expect(await during.verify(old)).toHaveProperty('principal')
    expect((await during.issue(GRANT)).token).not.toContain(old.split('.')[0] ?? '')
    expect(rotated.jwks().keys).toHaveLength(2)
    const retired = retireTokenKey(rotated, keys.active.kid)
    const after = await accessTokens(retired, POLICY, clock)
    expect(await after.verify(old)).toMatchObject({ rejected: 'invalid' })
    expect(retired.jwks().keys).toHaveLength(1)
    expect(() => retireTokenKey(rotated, rotated.active.kid)).toThrow(/active/)
    const again = parseTokenKeys(retired.export())
    expect(String(again)).toBe(String(retired))
    expect(again.export().reveal()).not.toContain(JSON.parse(keys.active.jwk.reveal()).d)
  })

  it('shows no key when printed', () => {
    const secret = JSON.parse(keys.active.jwk.reveal()).d as string
    for (const text of [String(keys), JSON.stringify({ keys }), JSON.stringify(keys.active)])
      expect(text).not.toContain(secret)
  })

  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /missing or malformed/],
    ['an empty set', { keys: [] }, /missing or malformed/],
    ['no algorithm', { kty: 'oct', k: 'x'.repeat(43), kid: 'a' }, /alg must be one of/],
    ['an algorithm that we do not sign with', { kty: 'RSA', alg: 'PS256', kid: 'a' }, /alg must be one of/],
    ['none', { kty: 'oct', alg: 'none', kid: 'a', k: '' }, /alg must be one of/],
    ['an empty secret', { kty: 'oct', alg: 'HS256', kid: 'a', k: '' }, /bits/],
    [
      'a short secret',
      { kty: 'oct', alg: 'HS256', kid: 'a', k: Buffer.alloc(31, 7).toString('base64url') },
      /248 bits, not 256/,
    ],
    [
      'a secret that is text',
      {
        kty: 'oct',
        alg: 'HS256',
        kid: 'a',
        k: Buffer.from('correct horse battery staple, and more').toString('base64url'),
      },
      /text/,
    ],
    ['32 zero bytes', { kty: 'oct', alg: 'HS256', kid: 'a', k: Buffer.alloc(32).toString('base64url') }, /repeats/],
    [
      'padding in the secret',
      { kty: 'oct', alg: 'HS256', kid: 'a', k: `${Buffer.alloc(32, 7).toString('base64url')}=` },
      /base64url/,
    ],
    ['a kid with a slash', { kty: 'oct', alg: 'HS256', kid: '../a', k: 'x' }, /no kid/],
    [
      'a key for encryption',
      { kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', kid: 'a', use: 'enc', x: 'x' },
      /not for signatures/,
    ],
    ['a key of another kind than its algorithm', { kty: 'RSA', alg: 'EdDSA', kid: 'a', n: 'x', e: 'AQAB' }, /kind/],
  ])('refuses %s', (_name, value, message) => {
    expect(() => parseTokenKeys(JSON.stringify(value) ?? '')).toThrow(message)
  })

  it('refuses an RSA key of 2048 bits, and an active key without its private half', () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    expect(() =>
      parseTokenKeys(JSON.stringify({ ...privateKey.export({ format: 'jwk' }), alg: 'RS256', kid: 'a' })),
    ).toThrow(/2048 bits, not 3072/)
    expect(() =>
      parseTokenKeys(JSON.stringify({ ...publicKey.export({ format: 'jwk' }), alg: 'RS256', kid: 'a' })),
    ).toThrow(/2048/)
    const own = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
    expect(() => parseTokenKeys(JSON.stringify({ ...own, alg: 'EdDSA', kid: 'a' }))).toThrow(/private half/)
  })
})
