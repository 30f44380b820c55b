import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { StoreError } from 'turnpike'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { HELD } from './attack.ts'
import { api2 } from './attacks/api2.ts'
import { oneSuccessor } from './attacks/api2-sessions.ts'
import { addressedTokens, forgeries, misissuedTokens } from './attacks/api2-tokens.ts'
import { capture, hmac, reallySigned } from './forged-token.ts'
import { FAST, startTarget, type Target, type Variant } from './harness.ts'
import { bearer } from './people.ts'
import { describeAttacks } from './suite.ts'

const { VECTORS } = process.env

describeAttacks('API2 authentication', api2)

const LOCAL: Variant = { ...FAST, identity: 'local' }

describe.each([LOCAL, { ...FAST, identity: 'EdDSA' as const }])(
  'API2 tokens with issuer and audience: $identity identity',
  (variant) => {
    let target: Target
    beforeAll(async () => {
      target = await startTarget(variant)
    })
    afterAll(() => target.close())

    const attacks =
      variant.identity === 'local' ? addressedTokens : [...addressedTokens, ...forgeries, ...misissuedTokens]
    for (const { number, title, run } of attacks)
      it(`${number} ${title}`, async () => expect(await run(target)).toEqual(HELD))
  },
)

describe('API2 with users of our own', () => {
  let target: Target
  beforeAll(async () => {
    target = await startTarget(LOCAL, { settings: { trustedProxies: ['127.0.0.1'], dangerouslyAllowPlainHttp: true } })
  })
  afterAll(() => target.close())

  it('41 only the type of access tokens is one', async () => {
    const { header, claims } = await capture(target.alice)
    const show = (typ: unknown) =>
      target.call('GET /api/v1/me', { as: bearer(reallySigned(target, { ...header, typ }, claims)) })
    expect((await show('at+jwt')).status).toBe(200)
    expect((await show('application/at+jwt')).status).toBe(200)
    for (const typ of ['JWT', undefined, '', 'at', 'jwt', null]) expect((await show(typ)).status, String(typ)).toBe(401)
  })

  it('52 fifty parallel refreshes from fifty addresses give one successor, and both tabs stay signed in (lessons 3 and 33)', async () => {
    const session = await target.login(await target.person())
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        target.call('POST /api/v1/auth/refresh', {
          body: { refreshToken: session.refreshToken },
          headers: { 'X-Forwarded-For': `198.51.100.${index}` },
        }),
      ),
    )
    expect(await oneSuccessor(target, answers)).toEqual(HELD)
  })

  it('47 an account is guessed at from many addresses, and its own limit holds', async () => {
    const { email } = await target.person()
    const guess = (index: number) =>
      target.call('POST /api/v1/auth/login', {
        body: { email, password: 'Wrong-1234' },
        headers: { 'X-Forwarded-For': `192.0.2.${index}` },
        patient: false,
      })
    target.clock.advance(61_000)
    const statuses = (await Promise.all(Array.from({ length: 20 }, (_, index) => guess(index)))).map(
      ({ status }) => status,
    )
    expect(statuses.filter((status) => status === 401)).toHaveLength(5)
    expect(statuses.filter((status) => status === 429)).toHaveLength(15)
  })

  it('47 strangers who fail in an owner’s name hold out everybody but his own device', async () => {
    const person = await target.person()
    const { email, password } = person
    const signIn = (body: object, index: number) =>
      target.call('POST /api/v1/auth/login', {
        body: { email, ...body },
        headers: { 'X-Forwarded-For': `203.0.113.${index}` },
        patient: false,
      })
    target.clock.advance(61_000)
    const { deviceToken } = (await signIn({ password }, 1)).json
    for (let index = 2; index < 12; index++) await signIn({ password: 'Wrong-1234' }, index)
    expect((await signIn({ password }, 20)).status).toBe(429)
    expect((await signIn({ password, deviceToken: deviceToken.replace(/.{5}$/, 'AAAAA') }, 21)).status).toBe(429)
    expect((await signIn({ password: 'Wrong-1234', deviceToken }, 22)).status).toBe(401)
    expect((await signIn({ password, deviceToken }, 23)).status).toBe(200)
    const { deviceToken: anothers } = await target.login(await target.person())
    expect((await signIn({ password, deviceToken: anothers }, 24)).status).toBe(429)
  })

  it('47 the addresses of one /64 are one guesser; two IPv4 addresses are two (lesson 4)', async () => {
    const guess = (address: string, index: number) =>
      target.call('POST /api/v1/auth/login', {
        body: { email: `nobody-${index}@example.com`, password: 'Wrong-1234' },
        headers: { 'X-Forwarded-For': address },
        patient: false,
      })
    target.clock.advance(61_000)
    for (let index = 0; index < 5; index++) expect((await guess(`2001:db8:0:1::${index + 1}`, index)).status).toBe(401)
    expect((await guess('2001:db8:0:1:ffff::9', 5)).status).toBe(429)
    for (let index = 0; index < 5; index++) expect((await guess('192.0.2.200', index)).status).toBe(401)
    expect((await guess('::ffff:192.0.2.200', 6)).status).toBe(429)
    expect((await guess('192.0.2.201', 7)).status).toBe(401)
  })

  it('24 a store of revocations that cannot answer denies (lesson 24)', async () => {
    const { alice } = target
    expect((await target.call('GET /api/v1/me', { as: alice })).status).toBe(200)
    const down = vi.spyOn(target.state.admission, 'admit').mockRejectedValue(new StoreError('down'))
    const answer = await target.call('GET /api/v1/me', { as: alice })
    down.mockRestore()
    expect(answer.status).toBe(503)
    expect(answer.headers['retry-after']).toBe('1')
    expect(answer.text).not.toContain(alice.userId)
    expect(target.audit.at(-1)).toMatchObject({ code: 'unavailable', outcome: 'failed' })
  })
})

describe.skipIf(VECTORS === undefined)(
  'API2 weak secrets (skipped without VECTORS: the list of published secrets)',
  () => {
    it('28 no published secret made the signature of a real token', async () => {
      const target = await startTarget(FAST)
      const { token, signature } = await capture(target.alice)
      await target.close()
      const input = token.slice(0, token.lastIndexOf('.'))
      const secrets = readFileSync(join(VECTORS ?? '', 'jwt-secrets', 'jwt.secrets.list'), 'utf8').split('\n')
      expect(secrets.length).toBeGreaterThan(100_000)
      const wanted = Buffer.from(signature, 'base64url')
      expect(secrets.filter((text) => hmac('HS256', Buffer.from(text), input).equals(wanted))).toEqual([])
    })
  },
)
