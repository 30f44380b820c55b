import { describe, expect, it } from 'vitest'
import { readConfig } from '../../../src/prover/plan/read-config.ts'

const read = (text: string, env: Record<string, string> = {}) => readConfig(text, 'turnpike.yaml', env)
const faultsOf = (text: string, env: Record<string, string> = {}): string => {
  try {
    read(text, env)
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError)
    return (error as Error).message
  }
  throw new Error('it was taken')
}

const WHOLE = `
target: http://127.0.0.1:3000/api
openapi: ./openapi.yaml
origins: [https://login.example.com]
identities:
  alice: { username: alice@example.com, password: "\${ALICE}", tenant: acme }
  bob: { username: bob@example.com, password: { env: BOB }, tenant: acme, subject: 17 }
  admin: { token: "\${ADMIN}" }
  key: { kind: client, token: k-123456, place: { header: X-Api-Key } }
  helper: { command: [node, print-token.js], roles: [support] }
  browser: { cookies: { sid: "\${SID}" }, headers: { X-CSRF: abc } }
  spare1: { username: s1, password: pw, spare: true }
login:
  url: https://login.example.com/token
  mediaType: application/x-www-form-urlencoded
  body: { grant_type: password, user: { name: "{username}" }, secret: "{password}" }
  token: /data/access_token
  also: { X-CSRF-Token: /data/csrf, X-XSRF-TOKEN: { cookie: XSRF-TOKEN } }
  place: { header: Authorization, prefix: "Token " }
resources:
  invoice: { ids: { alice: [1, 2], bob: 3 }, owner: user/id, id: uuid }
  country: { shared: true }
operations:
  GET /invoices/:id: { access: signed-in, params: { id: 5 } }
  DELETE /everything: { leaveOut: true }
limits: { rate: 50, maxRequests: 900, concurrency: 4, maxWaitSeconds: 0, timeoutSeconds: 1.5 }
scope: /api/v2
callback: 192.0.2.7
allowWrites: true
`
const ENV = { ALICE: 'a-secret', BOB: 'b-secret', ADMIN: 'admin-token', SID: 'session-of-browser' }

describe('turnpike.yaml', () => {
  it('says who there is and how each signs in', () => {
    const { planConfig } = read(WHOLE, ENV)
    const [alice, bob, admin, key, helper, browser, spare] = planConfig.identities
    expect(alice).toMatchObject({ name: 'alice', kind: 'user', tenant: 'acme', roles: [], spare: false })
    expect(alice?.place).toEqual({ in: 'header', name: 'Authorization', prefix: 'Token ' })
    expect(alice?.source).toMatchObject({
      kind: 'login',
      login: {
        url: 'https://login.example.com/token',
        method: 'POST',
        mediaType: 'application/x-www-form-urlencoded',
        body: { grant_type: 'password', user: { name: 'alice@example.com' }, secret: 'a-secret' },
        token: { from: 'body', name: '/data/access_token' },
        also: { 'X-CSRF-Token': '/data/csrf', 'X-XSRF-TOKEN': 'cookie:XSRF-TOKEN' },
      },
    })
    expect(bob).toMatchObject({ subject: '17', account: { password: 'b-secret' } })
    expect(admin).toMatchObject({ kind: 'admin', roles: ['admin'], source: { kind: 'token', token: 'admin-token' } })
    expect(key).toMatchObject({ kind: 'client', place: { in: 'header', name: 'X-Api-Key', prefix: '' } })
    expect(helper).toMatchObject({
      roles: ['support'],
      source: { kind: 'command', command: ['node', 'print-token.js'] },
    })
    expect(browser?.source).toEqual({
      kind: 'headers',
      headers: { 'X-CSRF': 'abc', Cookie: 'sid=session-of-browser' },
    })
    expect(spare?.spare).toBe(true)
  })

  it('says the hints, limits and scope; what it is silent about is null', () => {
    const config = read(WHOLE, ENV)
    expect(config).toMatchObject({
      target: 'http://127.0.0.1:3000/api',
      origins: ['https://login.example.com'],
      limits: { rate: 50, maxRequests: 900, concurrency: 4, maxWaitSeconds: 0, timeoutSeconds: 1.5 },
      scope: ['/api/v2'],
      callback: '192.0.2.7',
      allowWrites: true,
    })
    expect(config.planConfig.resources).toEqual({
      invoice: { ids: { alice: ['1', '2'], bob: ['3'] }, owner: 'user/id', id: 'uuid' },
      country: { shared: true },
    })
    expect(config.planConfig.operations).toEqual({
      'GET /invoices/{id}': { access: 'signed-in', params: { id: '5' } },
      'DELETE /everything': { leaveOut: true },
    })
    expect(read('')).toMatchObject({
      target: null,
      allowWrites: null,
      limits: { rate: null },
      planConfig: { identities: [] },
    })
  })

  it('reads a list with names, and JSON, as well', () => {
    const { planConfig } = read('{"identities":[{"name":"alice","token":"abc-def"},{"name":"bob","token":"ghi-jkl"}]}')
    expect(planConfig.identities.map(({ name }) => name)).toEqual(['alice', 'bob'])
    expect(faultsOf('identities: [{ token: abc }, { name: a, token: b }, { name: a, token: c }]')).toMatch(
      /identities\.0: has no name[\s\S]*identities\.2: the name a stands twice/,
    )
  })

  it('leaves login and place to the document where it does not say them', () => {
    const { planConfig } = read(
      'identities: { a: { username: u, password: p }, b: { token: t, place: bearer }, c: { token: t } }',
    )
    expect(planConfig.unsaid).toEqual({ a: ['login', 'place'], b: [], c: ['place'] })
  })

  it('sends headers and cookies beside a token', () => {
    const { planConfig } = read(
      'identities: { a: { token: t-1, headers: { X-Tenant: acme }, cookies: { theme: dark } } }',
    )
    expect(planConfig.identities[0]).toMatchObject({
      source: { kind: 'token', token: 't-1' },
      headers: { 'X-Tenant': 'acme', Cookie: 'theme=dark' },
    })
  })

  it('shows the cookie that the login sets', () => {
    const text =
      'identities: { a: { username: u, password: p } }\nlogin: { url: /in, body: { p: "{password}" }, token: { cookie: sid } }'
    expect(read(text).planConfig.identities[0]?.place).toEqual({ in: 'cookie', name: 'sid', prefix: '' })
  })

  it('refuses every fault at once, with its line and what is known, and without a secret', () => {
    const message = faultsOf(`target: ftp://x
identities:
  alice: { username: a, pasword: hunter2-secret, kind: boss }
  bob: { token: hunter3-secret, command: [x] }
  carol: {}
  dave: { username: d, password: 12345678 }
  erin: { token: "\${NOT_THERE}" }
login: { url: https://elsewhere.example/login, body: { p: x }, token: token }
resources: { invoice: { ids: { alise: [1] } } }
limits: { rate: 0, concurrency: 1.5 }
scop: /x
`)
    expect(message).toContain('line 1: target: is no http or https address')
    expect(message).toContain('line 3: identities.alice: unknown key pasword; known are kind, tenant')
    expect(message).toContain('line 3: identities.alice.kind: is user, admin or client')
    expect(message).toContain('line 6: identities.dave.password: is no text; put it in quotes')
    expect(message).toContain('line 7: identities.erin.token: the environment variable NOT_THERE is not set')
    expect(message).toContain('line 8: login.token: is a JSON Pointer')
    expect(message).toContain('line 10: limits.rate: is not more than 0')
    expect(message).toContain('unknown key scop; known are target, openapi')
    expect(message).not.toMatch(/hunter|12345678/)
  })

  it('refuses what only shows when parts are seen together', () => {
    const message = faultsOf(`identities:
  bob: { token: t, command: [x] }
  carol: {}
  dan: { username: d }
login: { url: https://elsewhere.example/login, body: { p: x }, token: /token }
resources: { invoice: { ids: { alise: [1] } } }
`)
    expect(message).toContain('identities.bob: says more than one of username, token and command')
    expect(message).toContain('identities.carol: has no credential; add username and password, token')
    expect(message).toContain('identities.dan: has a username without its other half')
    expect(message).toContain('login.body: does not say where the password goes; write {password}')
    expect(message).toContain('login.url: https://elsewhere.example is not declared; add it to origins')
    expect(message).toContain('resources.invoice.ids.alise: there is no identity of this name; there are bob, carol')
  })

  it('refuses what is no YAML, a key that stands twice, and aliases without end', () => {
    expect(faultsOf('identities: {')).toContain('turnpike.yaml is no YAML that can be read')
    expect(faultsOf('scope: /a\nscope: /b')).toMatch(/unique/i)
    expect(faultsOf('scope: &a [*a]')).toContain('its aliases refer to themselves')
    expect(faultsOf('- a\n- b')).toContain('turnpike.yaml cannot be used')
    expect(faultsOf('just a text')).toContain('turnpike.yaml cannot be used')
  })
})
