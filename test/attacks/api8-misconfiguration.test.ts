import { generateKeyRing } from 'turnpike/vault'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { start } from '../server/running.ts'
import { api8, headerFault } from './attacks/api8.ts'
import { FAST, startTarget, type Target } from './harness.ts'
import { send } from './http-client.ts'
import { describeAttacks } from './suite.ts'

const LIST = '/api/v1/invoices'
const APP = 'https://app.example.com'

describeAttacks('API8 misconfiguration', api8)

describe('API8 settings: allowed origins and hosts', () => {
  let target: Target
  beforeAll(async () => {
    target = await startTarget(FAST, { settings: { origins: [APP, 'http://localhost:8080'] } })
  })
  afterAll(() => target.close())

  const ask = (origin: string, more: Readonly<Record<string, string>> = {}, method = 'GET') =>
    target.call(`${method} ${LIST}`, { as: target.alice, headers: { Origin: origin, ...more } })
  const preflight = (origin: string, method = 'POST', headers = 'authorization, content-type') =>
    target.call(`OPTIONS ${LIST}`, {
      headers: { Origin: origin, 'Access-Control-Request-Method': method, 'Access-Control-Request-Headers': headers },
    })

  it('102 an allowed origin is answered with itself, without credentials, and Vary', async () => {
    const answer = await ask(APP)
    expect(answer.status).toBe(200)
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': APP, vary: 'Origin' })
    expect(answer.headers).not.toHaveProperty('access-control-allow-credentials')
    const asked = await preflight(APP)
    expect(asked.status).toBe(204)
    expect(asked.headers).toMatchObject({ 'access-control-allow-origin': APP, 'access-control-allow-methods': 'POST' })
    expect(asked.headers['access-control-allow-headers']).not.toContain('*')
    expect(headerFault(asked)).toBe(null)
    expect(
      (
        await target.call(`POST ${LIST}`, {
          as: target.alice,
          headers: { Origin: APP, 'Sec-Fetch-Site': 'cross-site' },
          body: { title: 'x', total: 1 },
        })
      ).status,
    ).toBe(201)
  })

  const LOOKALIKES = [
    'null',
    'https://app.example.com.evil.example',
    'https://evilapp.example.com',
    'https://app-example.com',
    'https://appxexample.com',
    'https://app.examplexcom',
    'https://app.example.co',
    'https://app.example.com:8443',
    'http://app.example.com',
    'https://APP.example.com',
    'https://app.example.com/',
    'https://app.example.com.',
    'https://sub.app.example.com',
    'https://app.example.com@evil.example',
    'https://evil.example#app.example.com',
    'https://app.example.com%60.evil.example',
    'https://app.example.com_.evil.example',
    'https://app.example.com, https://evil.example',
    'https://evil.example https://app.example.com',
    '*',
    'file://',
    'app.example.com',
    'http://localhost',
    'http://localhost:8081',
    'http://127.0.0.1:8080',
  ]
  it.each(LOOKALIKES)('103, 104 the origin %s is denied, and caches are told (lesson 31)', async (origin) => {
    for (const answer of [await ask(origin), await preflight(origin)]) {
      expect(answer.headerNames.filter((name) => name.startsWith('access-control-'))).toEqual([])
      expect(answer.headers.vary?.split(', ')).toContain('Origin')
    }
    expect((await preflight(origin)).status).toBe(403)
    expect((await ask(origin, {}, 'DELETE')).status).toBeGreaterThanOrEqual(400)
  })

  it('102 a preflight asks for one method of this path, and only for headers that are listed', async () => {
    for (const method of ['PUT', 'DELETE', 'TRACE', 'get', '*'])
      expect((await preflight(APP, method)).status, method).toBe(405)
    const answer = await preflight(APP, 'POST', 'x-anything')
    expect(answer.headers['access-control-allow-headers']).not.toContain('x-anything')
  })
})

describe('API8 settings: hosts, proxies and plain HTTP', () => {
  let target: Target
  let stranger: Target
  let guarded: Awaited<ReturnType<typeof start>>
  beforeAll(async () => {
    target = await startTarget(FAST, {
      settings: { trustedProxies: ['127.0.0.1/32'], dangerouslyAllowPlainHttp: true },
    })
    stranger = await startTarget(FAST, { settings: { trustedProxies: ['10.0.0.0/8', '::ffff:10.0.0.0/104'] } })
    guarded = await start({ trustedProxies: ['127.0.0.1'], hosts: ['api.example.com'], keys: generateKeyRing() })
  })
  afterAll(async () => {
    await target.close()
    await stranger.close()
    await guarded.close()
  })

  /** To a server behind a proxy on this machine, that serves one host. */
  const get = (headers: Readonly<Record<string, string>>) =>
    send(Number(new URL(guarded.running.url).port), {
      method: 'GET',
      target: '/health',
      headers: Object.entries(headers),
      body: null,
    })

  it('116 what came to the proxy as plain HTTP is refused, never redirected; as HTTPS it is served with HSTS', async () => {
    const from = { 'X-Forwarded-For': '198.51.100.7', 'X-Forwarded-Host': 'api.example.com' }
    for (const proto of ['http', 'HTTP']) {
      const plain = await get({ ...from, 'X-Forwarded-Proto': proto })
      expect([plain.status, plain.json.code, plain.headers.location]).toEqual([403, 'plain_http', undefined])
      expect(headerFault(plain)).toBe(null)
    }
    const silent = await get(from)
    expect([silent.status, silent.json.code]).toEqual([403, 'plain_http'])
    const served = await get({ ...from, 'X-Forwarded-Proto': 'https' })
    expect(served.status).toBe(200)
    expect(served.headers['strict-transport-security']).toBe('max-age=63072000; includeSubDomains')
    for (const odd of ['ftp', 'https, http', 'https,https', '']) {
      expect((await get({ ...from, 'X-Forwarded-Proto': odd })).status, odd).toBe(400)
    }
  })

  it('107 only listed hosts are served, whoever says so', async () => {
    const https = { 'X-Forwarded-Proto': 'https' }
    expect((await get({ ...https, Host: 'api.example.com' })).status).toBe(200)
    expect((await get({ ...https, Host: 'API.example.com:443' })).status).toBe(200)
    for (const host of [
      'evil.example',
      '127.0.0.1',
      'api.example.com.evil.example',
      'api.example.com:8443',
      'xapi.example.com',
      'localhost',
    ]) {
      expect((await get({ ...https, Host: host })).status, host).toBe(421)
      expect((await get({ ...https, Host: 'api.example.com', 'X-Forwarded-Host': host })).status, host).toBe(421)
    }
    for (const host of [
      '',
      'api.example.com, evil.example',
      'api.example.com/',
      'a@api.example.com',
      'api.example.com#',
    ])
      expect((await get({ ...https, Host: host })).status, host).toBe(400)
  })

  it('67 the address that counts is the one that the nearest proxy saw, never one that the client wrote (lesson 7)', async () => {
    const login = (forwarded: string) =>
      target.call('GET /openapi.json', { headers: { 'X-Forwarded-For': forwarded }, patient: false })
    target.clock.advance(61_000)
    for (let calls = 0; calls < 60; calls++) expect((await login(`203.0.113.${calls}, 198.51.100.7`)).status).toBe(200)
    expect((await login('203.0.113.99, 198.51.100.7')).status).toBe(429)
    expect((await login('198.51.100.7, 127.0.0.1')).status).toBe(429)
    expect((await login('::ffff:198.51.100.7')).status).toBe(429)
    expect((await login('198.51.100.8')).status).toBe(200)
    for (const nonsense of ['unknown', '198.51.100.7, _hidden', '999.1.1.1', '', '198.51.100.7 198.51.100.8']) {
      expect((await login(nonsense)).status, nonsense).toBe(400)
    }
  })

  it('67 a peer outside the trusted ranges forwards nothing, and an IPv4-mapped range is not everyone (lesson 7)', async () => {
    const headers = {
      'X-Forwarded-For': '203.0.113.1',
      'X-Forwarded-Proto': 'http',
      'X-Forwarded-Host': 'evil.example',
      Forwarded: 'for=203.0.113.2;proto=http',
    }
    const answer = await stranger.call(`GET ${LIST}`, { as: stranger.alice, headers })
    expect(answer.status).toBe(200)
    await stranger.call('GET /no/such/path', { headers })
    expect(stranger.audit.at(-1)?.addressKey).toBe('127.0.0.1')
  })
})
