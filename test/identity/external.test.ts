import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../src/base/clock.ts'
import { Secret } from '../../src/base/secret.ts'
import { type ExternalConfig, external } from '../../src/identity/external.ts'

const VECTORS = process.env.VECTORS
const NOW = Date.UTC(2026, 0, 1) / 1000
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const SECRET = randomBytes(48).toString('base64')
const CLAIMS = {
  iss: 'https://idp.example',
  aud: 'billing',
  sub: 'u1',
  iat: NOW,
  exp: NOW + 3600,
  org: 't1',
  groups: ['admin'],
}
const principal: ExternalConfig['principal'] = (claims) => ({
  id: String(claims.sub),
  tenant: (claims.org as string) ?? null,
  roles: (claims.groups as string[]) ?? [],
})

const hmac = (claims: object, secret: string | Uint8Array = SECRET, header: object = { alg: 'HS256' }) => {
  const input = `${encode(header)}.${encode(claims)}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}
const open = (
  jwt: Partial<ExternalConfig['jwt']> = {},
  more: Partial<ExternalConfig> = {},
  clock = new ManualClock(),
) => external({ jwt: { alg: 'HS256', key: SECRET, ...jwt }, principal, ...more } as ExternalConfig)({ clock })
const ask = async (identity: Awaited<ReturnType<typeof open>>, value: string) =>
  identity.authenticate({ scheme: 'bearer', value })

describe('external identity', () => {
  it('takes HS256 tokens without typ, and keys the principal by issuer and subject', async () => {
    const identity = await open({ issuer: 'https://idp.example', audience: 'billing' })
    const verified = await ask(identity, hmac({ ...CLAIMS, jti: 'j1', sid: 's1' }))
    expect(verified).toEqual({
      epoch: null,
      issuedAt: NOW * 1000,
      expiresAt: (NOW + 3600) * 1000,
      principal: {
        kind: 'user',
        key: 'https://idp.example u1',
        issuer: 'https://idp.example',
        id: 'u1',
        tenant: 't1',
        roles: ['admin'],
        scopes: [],
        authenticatedAt: null,
        factors: 0,
        sessionId: 's1',
        tokenId: 'j1',
      },
    })
    expect(identity).toMatchObject({ kind: 'external', service: null })
  })

  it('keeps two issuers’ users of one name apart', async () => {
    const identity = await open()
    const keys = await Promise.all(
      ['https://a.example', 'https://b.example'].map(async (iss) => ask(identity, hmac({ ...CLAIMS, iss }))),
    )
    expect(new Set(keys.map((each) => ('principal' in each ? each.principal.key : '')))).toEqual(
      new Set(['https://a.example u1', 'https://b.example u1']),
    )
  })

  it.each<[string, object, object?]>([
    ['another issuer', { iss: 'https://evil.example' }],
    ['no issuer', { iss: undefined }],
    ['another audience', { aud: 'other' }],
    ['no audience', { aud: undefined }],
    ['no exp', { exp: undefined }],
    ['exp as a text', { exp: String(NOW + 60) }],
    ['a life beyond the policy', { exp: NOW + 86_401 }],
    ['a life beyond the policy, without iat', { iat: undefined, exp: NOW + 86_401 }],
    ['nbf in the future', { nbf: NOW + 60 }],
    ['iat in the future', { iat: NOW + 60 }],
    ['no subject', { sub: undefined }],
    ['a tenant that is no text', { org: ['t1'] }],
    ['roles that are no list', { groups: 'admin' }],
    ['another type', {}, { alg: 'HS256', typ: 'refresh+jwt' }],
    ['alg none', {}, { alg: 'none' }],
    ['another algorithm of the same secret', {}, { alg: 'HS384' }],
    ['an algorithm in small letters', {}, { alg: 'hs256' }],
    ['crit', {}, { alg: 'HS256', crit: ['exp'] }],
    ['a key brought along', {}, { alg: 'HS256', jwk: { kty: 'oct', k: 'AA' } }],
  ])('refuses %s', async (_name, change, header = { alg: 'HS256' }) => {
    const identity = await open({ issuer: 'https://idp.example', audience: 'billing' })
    expect(await ask(identity, hmac({ ...CLAIMS, ...change }, SECRET, header))).toMatchObject({ rejected: 'invalid' })
    expect(await ask(identity, hmac(CLAIMS))).toHaveProperty('principal')
  })

  it('wants exactly the type that is configured', async () => {
    const identity = await open({ typ: 'at+jwt' })
    expect(await ask(identity, hmac(CLAIMS, SECRET, { alg: 'HS256', typ: 'application/at+JWT' }))).toHaveProperty(
      'principal',
    )
    for (const header of [{ alg: 'HS256' }, { alg: 'HS256', typ: 'JWT' }])
      expect(await ask(identity, hmac(CLAIMS, SECRET, header))).toMatchObject({ rejected: 'invalid' })
  })

  it('tells expired tokens apart, from the cache too', async () => {
    const clock = new ManualClock()
    const identity = await open({}, {}, clock)
    const token = hmac(CLAIMS)
    expect(await ask(identity, token)).toHaveProperty('principal')
    expect(identity.authenticate({ scheme: 'bearer', value: token })).not.toBeInstanceOf(Promise)
    clock.advance(3_600_000)
    expect(await ask(identity, token)).toMatchObject({ rejected: 'expired' })
  })

  it('is closed where principal() knows nobody, fails, or gives nonsense', async () => {
    const answers: (() => unknown)[] = [
      () => null,
      () => {
        throw new Error('no such claim')
      },
      () => ({}),
      () => ({ id: '' }),
      () => ({ id: 7 }),
      () => ({ id: 'x', tenant: '' }),
      () => ({ id: 'x', roles: 'admin' }),
      () => ({ id: 'x', scopes: [1] }),
      () => ({ id: 'x', kind: 'nobody' }),
      () => ({ id: 'x', authenticatedAt: '2026' }),
      () => ({ id: 'x', factors: 0.5 }),
    ]
    for (const answer of answers)
      expect(await ask(await open({}, { principal: answer as never }), hmac(CLAIMS))).toMatchObject({
        rejected: 'invalid',
      })
  })

  it('verifies with a set of keys: the named one, passing over keys for other purposes', async () => {
    const [a, b] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')]
    const jwk = (pair: typeof a, more: object) => ({ ...pair.publicKey.export({ format: 'jwk' }), ...more })
    const encryption = {
      ...generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' }),
      use: 'enc',
      kid: 'e',
    }
    const identity = await open({
      alg: 'EdDSA',
      key: undefined as never,
      jwks: { keys: [jwk(a, { kid: 'a', use: 'sig' }), jwk(b, { kid: 'b' }), encryption] },
    })
    const signed = (pair: typeof a, header: object) => {
      const input = `${encode(header)}.${encode(CLAIMS)}`
      return `${input}.${sign(null, Buffer.from(input), pair.privateKey).toString('base64url')}`
    }
    expect(await ask(identity, signed(a, { alg: 'EdDSA', kid: 'a' }))).toHaveProperty('principal')
    expect(await ask(identity, signed(b, { alg: 'EdDSA', kid: 'b', x5t: 'AA' }))).toHaveProperty('principal')
    for (const header of [
      { alg: 'EdDSA', kid: 'b' },
      { alg: 'EdDSA' },
      { alg: 'EdDSA', kid: 'e' },
      { alg: 'EdDSA', kid: 'x' },
    ]) {
      expect(await ask(identity, signed(a, header))).toMatchObject({ rejected: 'invalid' })
    }
  })

  it('verifies RS256 with a PEM, and never takes the PEM for a secret', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString()
    const identity = await open({ alg: 'RS256', key: pem })
    const input = `${encode({ alg: 'RS256', kid: 'whatever' })}.${encode(CLAIMS)}`
    expect(
      await ask(identity, `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`),
    ).toHaveProperty('principal')
    expect(await ask(identity, hmac(CLAIMS, pem))).toMatchObject({ rejected: 'invalid' })
    const der = publicKey.export({ format: 'der', type: 'spki' })
    for (const key of [pem, `\n  ${pem}`, der, new Secret(pem)])
      expect(() => external({ jwt: { alg: 'HS256', key }, principal })).toThrow(/public key/)
  })

  it('says what is lost', async () => {
    const bare = (await open()).describe.tokenGaps.join('\n')
    for (const word of ['epoch', 'jti', 'issuer', 'audience', 'type', 'shared']) expect(bare).toContain(word)
    const full = (
      await open({ issuer: 'https://idp.example', audience: 'billing', typ: 'at+jwt' })
    ).describe.tokenGaps.join('\n')
    for (const word of ['no issuer', 'no audience', 'no type']) expect(full).not.toContain(word)
  })

  it.each<[object, RegExp]>([
    [{ jwt: { alg: 'HS256' } }, /jwt.key or jwt.jwks/],
    [{ jwt: { alg: 'HS256', key: SECRET, jwks: { keys: [] } } }, /one of them/],
    [{ jwt: { alg: 'none', key: SECRET } }, /jwt.alg must be one of/],
    [{ jwt: { alg: 'HS256', key: '' } }, /is missing/],
    [{ jwt: { alg: 'HS256', key: new Uint8Array(0) } }, /is missing/],
    [{ jwt: { alg: 'HS256', key: 'short' } }, /40 bits, not 256/],
    [{ jwt: { alg: 'HS512', key: randomBytes(48) } }, /384 bits, not 512/],
    [{ jwt: { alg: 'HS256', key: 'change-me-change-me-change-me-1234' } }, /placeholder/],
    [{ jwt: { alg: 'HS256', key: 'a'.repeat(64) } }, /repeats/],
    [{ jwt: { alg: 'HS256', key: 'an ordinary sentence of several words is no key' } }, /words/],
    [{ jwt: { alg: 'HS256', key: randomBytes(20).toString('hex') } }, /hexadecimal/],
    [{ jwt: { alg: 'RS256', key: SECRET } }, /no public key/],
    [{ jwt: { alg: 'EdDSA', jwks: { keys: [] } } }, /no key for EdDSA/],
    [{ jwt: { alg: 'HS256', jwks: { keys: [{ kty: 'oct', k: SECRET }, { kty: 'OKP' }] } } }, /mixes secret and public/],
    [{ jwt: { alg: 'HS256', key: SECRET, issuer: 'with space' } }, /jwt.issuer/],
    [{ jwt: { alg: 'HS256', key: SECRET, toleranceSeconds: 301 } }, /toleranceSeconds/],
    [{ jwt: { alg: 'HS256', key: SECRET, algorithms: ['HS256'] } }, /unknown key "jwt.algorithms"/],
    [{ jwt: { alg: 'HS256', key: SECRET }, users: [] }, /unknown key "users"/],
    [{}, /jwt is missing/],
  ])('refuses the configuration %#', (config, message) => {
    expect(() => external({ principal, ...config } as ExternalConfig)).toThrow(message)
  })

  it('names every fault at once, and no secret', () => {
    const attempt = () =>
      external({ jwt: { alg: 'HS256', key: 'short-hunter2', issuer: '' }, principal: 1, more: 1 } as never)
    expect(attempt).toThrow(/more.*principal.*issuer.*bits/s)
    expect(attempt).not.toThrow(/hunter2/)
  })

  describe.skipIf(!VECTORS)('103,979 weak secrets (skipped without VECTORS)', () => {
    it('refuses every one at start, as a text and as bytes of a JWK', () => {
      const secrets = readFileSync(join(VECTORS ?? '', 'jwt-secrets', 'jwt.secrets.list'), 'utf8').split(/\r?\n/)
      const starts = (key: ExternalConfig['jwt']['key']) => {
        try {
          external({ jwt: { alg: 'HS256', key: key as string }, principal })
          return true
        } catch {
          return false
        }
      }
      expect(secrets.length).toBeGreaterThan(103_000)
      expect(secrets.filter((secret) => starts(secret))).toEqual([])
      expect(secrets.filter((secret) => starts({ kty: 'oct', k: Buffer.from(secret).toString('base64url') }))).toEqual(
        [],
      )
    })

    it('and takes random ones in every usual spelling', () => {
      const encodings = ['hex', 'base64', 'base64url'] as const
      for (let time = 0; time < 300; time++) {
        for (const encoding of encodings)
          expect(() =>
            external({ jwt: { alg: 'HS256', key: randomBytes(32).toString(encoding) }, principal }),
          ).not.toThrow()
        expect(() => external({ jwt: { alg: 'HS256', key: randomBytes(32) }, principal })).not.toThrow()
      }
    })
  })
})
