import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import type { Started } from './server.ts'
import { start } from './server.ts'

interface Account {
  readonly name: string
  readonly credentials: {
    readonly orgId: string
    readonly userId: string
    readonly email: string
    readonly password: string
    readonly apiKey: string
    readonly readOnlyApiKey: string
  }
  readonly owns: { readonly devices: string[]; readonly alertRules: string[]; readonly keys: string[] }
}

function readJson(file: string) {
  return JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'))
}

const handed = readJson('accounts.json')
const truth: { id: string; risk: string; method: string; path: string }[] = readJson('truth.json')
const carrierSecret: string = handed.integrations.carrierWebhook.secret

function account(name: string): Account {
  const found = (handed.accounts as Account[]).find((entry) => entry.name === name)
  if (found === undefined) throw new Error(`no account ${name}`)
  return found
}

const [alice, bob, erin, dave, carol, frank, ops] = [
  account('alice'),
  account('bob'),
  account('erin'),
  account('dave'),
  account('carol'),
  account('frank'),
  account('ops'),
] as const

const ACME = alice.credentials.orgId
const BIRCH = carol.credentials.orgId

interface Call {
  readonly as?: Account
  readonly key?: string
  readonly bearer?: string
  readonly org?: string
  readonly json?: unknown
  readonly text?: string
  readonly headers?: Record<string, string>
}

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: bodies of any operation
  readonly body: any
}

function api(server: Started) {
  const call = async (method: string, path: string, options: Call = {}): Promise<Answer> => {
    const headers: Record<string, string> = { ...options.headers }
    const key = options.key ?? options.as?.credentials.apiKey
    if (options.bearer !== undefined) headers.Authorization = `Bearer ${options.bearer}`
    else if (key !== undefined) headers['X-Api-Key'] = key
    const org = options.org ?? options.as?.credentials.orgId
    if (org !== undefined) headers['X-Org'] = org
    const text = options.text ?? (options.json === undefined ? undefined : JSON.stringify(options.json))
    if (text !== undefined) headers['Content-Type'] ??= 'application/json'
    const response = await fetch(server.url + path, { method, headers, ...(text === undefined ? {} : { body: text }) })
    const answer = await response.text()
    const isJson = /json$|json;/.test(response.headers.get('content-type') ?? '')
    const body = isJson && !response.headers.get('content-type')?.includes('ndjson') ? JSON.parse(answer) : undefined
    return { status: response.status, headers: response.headers, text: answer, body }
  }
  const token = async (who: Account): Promise<string> => {
    const { email, password } = who.credentials
    return (await call('POST', '/token', { json: { email, password } })).body.access_token
  }
  return { call, token }
}

type Api = ReturnType<typeof api>

const first = (ids: readonly string[]): string => ids[0] ?? ''
const device = (org: string, id: string) => `/v2/orgs/${org}/devices/${id}`

async function newDevice({ call }: Api, as: Account): Promise<Answer['body']> {
  const json = {
    name: 'Truck',
    model: 'FT-100',
    serial: `SN-${Math.floor(Math.random() * 1e9)}`,
    iccid: '894900000000000001',
  }
  const created = await call('POST', `/v2/orgs/${as.credentials.orgId}/devices`, { as, json })
  expect(created.status).toBe(201)
  return created.body
}

const rule = (notifyUrl: string) => ({
  name: 'Changed',
  metric: 'humidity',
  operator: 'above',
  threshold: 1,
  notifyUrl,
})

function sign(body: string, secret = carrierSecret, time = Math.floor(Date.now() / 1000)): string {
  return `t=${time},v1=${createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')}`
}

let planted: Started
let clean: Started
let receiver: Server
let receiverPort = 0
let received = 0

beforeAll(async () => {
  planted = await start({ planted: true })
  clean = await start({ planted: false })
  receiver = createServer((_req, res) => {
    received += 1
    res.end('internal page')
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => receiver.once('listening', resolve))
  receiverPort = (receiver.address() as AddressInfo).port
})

afterAll(async () => {
  await Promise.all([planted.close(), clean.close()])
  receiver.closeAllConnections()
  receiver.close()
})

/** Runs the same steps on both servers; what they return is what is seen. */
async function onBoth<T>(steps: (api: Api) => Promise<T>): Promise<{ planted: T; clean: T }> {
  return { planted: await steps(api(planted)), clean: await steps(api(clean)) }
}

describe('faults', () => {
  test('F01', async () => {
    const seen = await onBoth(async ({ call }) => {
      const path = device(ACME, first(carol.owns.devices))
      expect((await call('GET', path, { as: alice })).status).toBe(404)
      const answer = await call('GET', `${path}/telemetry`, { as: alice })
      return [answer.status, answer.body.items?.length]
    })
    expect(seen).toEqual({ planted: [200, 50], clean: [404, undefined] })
  })

  test('F02', async () => {
    const seen = await onBoth(async ({ call }) => {
      const statuses: unknown[] = []
      for (const owner of [carol, bob]) {
        const path = `/v2/alert-rules/${first(owner.owns.alertRules)}`
        expect((await call('GET', path, { as: alice })).status).toBe(404)
        statuses.push((await call('PUT', path, { as: alice, json: rule('https://a.example/') })).status)
        statuses.push((await call('GET', path, { as: owner })).body.name === 'Changed')
      }
      return statuses
    })
    expect(seen).toEqual({ planted: [200, true, 200, true], clean: [404, false, 404, false] })
  })

  test('F03', async () => {
    const seen = await onBoth(async ({ call }) => {
      const send = (other: string) =>
        call('POST', `/v2/orgs/${ACME}/commands`, {
          as: alice,
          json: { deviceIds: [first(alice.owns.devices), other], command: 'reboot' },
        })
      const foreign = await send(first(carol.owns.devices))
      const colleague = await send(first(bob.owns.devices))
      const theirs = await call('GET', device(BIRCH, first(carol.owns.devices)), { as: carol })
      return [foreign.status, colleague.status, theirs.body.lastCommandId === foreign.body.id]
    })
    expect(seen).toEqual({ planted: [202, 202, true], clean: [404, 403, false] })
  })

  test('F04', async () => {
    const seen = await onBoth(async ({ call }) => {
      const path = `/v2/alert-rules?ownerId=${carol.credentials.userId}`
      const answer = await call('GET', path, { as: alice })
      const own = await call('GET', `/v2/alert-rules?ownerId=${alice.credentials.userId}`, { as: alice })
      expect(own.body.items.length).toBeGreaterThanOrEqual(2)
      return [answer.status, answer.body.items?.length]
    })
    expect(seen).toEqual({ planted: [200, 2], clean: [403, undefined] })
  })

  test('F05', async () => {
    const seen = await onBoth(async ({ call }) => {
      const id = first(carol.owns.devices)
      const answer = await call('GET', `/v2/orgs/${ACME}/export?deviceIds=${id}`, { as: alice })
      return [answer.status, answer.text.includes(`"orgId":"${BIRCH}"`)]
    })
    expect(seen).toEqual({ planted: [200, true], clean: [404, false] })
  })

  test('F06', async () => {
    const seen = await onBoth(async ({ call }) => {
      const answer = await call('GET', '/v2/activity', { as: alice, org: BIRCH })
      return [answer.status, answer.body.items?.length > 0]
    })
    expect(seen).toEqual({ planted: [200, true], clean: [403, false] })
  })

  test('F07', async () => {
    const seen = await onBoth(async (server) => {
      const { call } = server
      const statuses: number[] = []
      for (const acceptor of [dave, ops]) {
        const { id } = await newDevice(server, dave)
        const offer = await call('POST', `${device(ACME, id)}/transfers`, { as: dave, json: { toOrgId: BIRCH } })
        expect(offer.status).toBe(201)
        statuses.push((await call('POST', `/v2/transfers/${offer.body.id}/accept`, { as: acceptor })).status)
        statuses.push((await call('GET', device(ACME, id), { as: dave })).status)
      }
      return statuses
    })
    expect(seen).toEqual({ planted: [200, 404, 200, 404], clean: [403, 200, 404, 200] })
  })

  test('F08', async () => {
    const seen = await onBoth(async ({ call, token }) => {
      const [, payload = ''] = (await token(alice)).split('.')
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
      const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
      const forged = `${encode({ alg: 'none', typ: 'JWT' })}.${encode({ ...claims, sub: carol.credentials.userId })}.`
      const answer = await call('GET', '/v2/me', { bearer: forged })
      return [answer.status, answer.body.email]
    })
    expect(seen).toEqual({ planted: [200, 'carol@birch.example'], clean: [401, undefined] })
  })

  test('F09', async () => {
    const seen = await onBoth(async ({ call }) => {
      const attempt = (headers: Record<string, string>) =>
        call('POST', '/token', { json: { email: erin.credentials.email, password: 'wrong' }, headers })
      for (let count = 0; count < 10; count += 1) expect((await attempt({})).status).toBe(401)
      const limited = await attempt({})
      expect(limited.status).toBe(429)
      expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0)
      return (await attempt({ 'X-Forwarded-For': '203.0.113.77' })).status
    })
    expect(seen).toEqual({ planted: 401, clean: 429 })
  })

  test('F10', async () => {
    const seen = await onBoth(async ({ call }) => {
      const { body } = await call('POST', '/v2/keys', { as: alice, json: { name: 'temporary', scopes: ['read'] } })
      expect((await call('GET', '/v2/me', { key: body.key })).status).toBe(200)
      expect((await call('DELETE', `/v2/keys/${body.id}`, { as: alice })).status).toBe(204)
      expect((await call('GET', `/v2/keys/${body.id}`, { as: alice })).status).toBe(404)
      return (await call('GET', '/v2/me', { key: body.key })).status
    })
    expect(seen).toEqual({ planted: 200, clean: 401 })
  })

  test('F11', async () => {
    const seen = await onBoth(async (server) => {
      const { id } = await newDevice(server, alice)
      const path = device(ACME, id)
      const statuses: number[] = []
      for (const json of [{ certified: true }, { ownerId: bob.credentials.userId }]) {
        statuses.push((await server.call('PATCH', path, { as: alice, json })).status)
      }
      const { body } = await server.call('GET', path, { as: alice })
      return [...statuses, body.certified, body.ownerId === bob.credentials.userId]
    })
    expect(seen).toEqual({ planted: [200, 200, true, true], clean: [400, 400, false, false] })
  })

  test('F12', async () => {
    const seen = await onBoth(async ({ call }) => {
      const answer = await call('GET', `/v2/orgs/${ACME}/devices?fields=id,provisioningSecret`, { as: erin })
      return [answer.status, answer.text.includes('psk_')]
    })
    expect(seen).toEqual({ planted: [200, true], clean: [400, false] })
  })

  test('F13', async () => {
    const seen = await onBoth(async ({ call }) => {
      const answer = await call('GET', `/v2/orgs/${ACME}/members`, { as: alice })
      expect(answer.status).toBe(200)
      return ['passwordHash', 'phone', 'lastSignInIp'].filter((property) => property in answer.body.items[0])
    })
    expect(seen).toEqual({ planted: ['passwordHash', 'phone', 'lastSignInIp'], clean: [] })
  })

  test('F14', async () => {
    const seen = await onBoth(async ({ call }) => {
      const path = `${device(ACME, first(alice.owns.devices))}/telemetry?limit=100000`
      const answer = await call('GET', path, { as: alice })
      return [answer.status, answer.body.items?.length]
    })
    expect(seen).toEqual({ planted: [200, 300], clean: [400, undefined] })
  })

  test('F15', async () => {
    const seen = await onBoth(async ({ call }) => {
      const answers: Answer[] = []
      for (let count = 0; count < 15; count += 1) {
        answers.push(await call('GET', `/v2/orgs/${BIRCH}/export`, { as: frank }))
      }
      const limited = answers.filter((answer) => answer.status === 429)
      expect(limited.every((answer) => Number(answer.headers.get('retry-after')) > 0)).toBe(true)
      return limited.length
    })
    expect(seen).toEqual({ planted: 0, clean: 5 })
  })

  test('F16', async () => {
    const seen = await onBoth(async ({ call }) => {
      const path = `/v2/orgs/${ACME}/members/${erin.credentials.userId}`
      expect((await call('DELETE', path, { as: bob })).status).toBe(403)
      const changed = await call('PATCH', path, { as: bob, json: { role: 'operator' } })
      const restored = await call('PATCH', path, { as: dave, json: { role: 'viewer' } })
      expect(restored.status).toBe(200)
      return [changed.status, changed.body.role]
    })
    expect(seen).toEqual({ planted: [200, 'operator'], clean: [403, undefined] })
  })

  test('F17', async () => {
    const seen = await onBoth(async ({ call }) => {
      const json = { name: 'x', scopes: ['read', 'write', 'admin'] }
      const created = await call('POST', '/v2/keys', { as: alice, json })
      const path = `/v2/orgs/${ACME}/invitations`
      expect((await call('GET', path, { as: alice })).status).toBe(403)
      return [created.status, (await call('GET', path, { key: created.body.key ?? 'none' })).status]
    })
    expect(seen).toEqual({ planted: [201, 200], clean: [403, 401] })
  })

  test('F18', async () => {
    const seen = await onBoth(async (server) => {
      const { id } = await newDevice(server, alice)
      const key = alice.credentials.readOnlyApiKey
      expect((await server.call('PATCH', device(ACME, id), { key, json: { name: 'no' } })).status).toBe(403)
      return (await server.call('DELETE', device(ACME, id), { key })).status
    })
    expect(seen).toEqual({ planted: 204, clean: 403 })
  })

  test('F19', async () => {
    const seen = await onBoth(async ({ call }) => {
      expect((await call('GET', '/v2/admin/orgs', { as: alice })).status).toBe(403)
      expect((await call('GET', '/v2/admin/orgs', { as: ops })).status).toBe(200)
      const answer = await call('GET', '/v2/admin/orgs', { as: dave })
      return [answer.status, answer.body.items?.length]
    })
    expect(seen).toEqual({ planted: [200, 3], clean: [403, undefined] })
  })

  test('F20', async () => {
    const seen = await onBoth(async ({ call }) => {
      const path = `/v2/orgs/${ACME}/credits`
      const before = (await call('GET', path, { as: alice })).body.credits
      const redeem = () => call('POST', `${path}/redeem`, { as: alice, json: { code: 'FLEET-WELCOME-50' } })
      await Promise.all(Array.from({ length: 5 }, redeem))
      expect((await redeem()).status).toBe(409)
      return (await call('GET', path, { as: alice })).body.credits - before > 50
    })
    expect(seen).toEqual({ planted: true, clean: false })
  })

  test('F21', async () => {
    const seen = await onBoth(async ({ call, token }) => {
      const invited = await call('POST', `/v2/orgs/${ACME}/invitations`, { as: dave, json: { role: 'viewer' } })
      expect(invited.status).toBe(201)
      const [one, other] = [await token(carol), await token(frank)]
      const accept = async (bearer: string) =>
        (await call('POST', '/v2/invitations/accept', { bearer, json: { token: invited.body.token } })).status
      expect(await accept(one)).toBe(200)
      const statuses = [await accept(one), await accept(other)]
      for (const who of [carol, frank]) {
        await call('DELETE', `/v2/orgs/${ACME}/members/${who.credentials.userId}`, { as: dave })
      }
      return statuses
    })
    expect(seen).toEqual({ planted: [200, 200], clean: [410, 410] })
  })

  test('F22', async () => {
    const seen = await onBoth(async ({ call }) => {
      const before = received
      const json = { url: `http://127.0.0.1:${receiverPort}/` }
      const answer = await call('POST', '/v2/firmware/check', { as: alice, json })
      return [answer.status, answer.body.preview, received - before]
    })
    expect(seen).toEqual({ planted: [200, 'internal page', 1], clean: [422, undefined, 0] })
  })

  test('F23', async () => {
    const seen = await onBoth(async ({ call }) => {
      const before = received
      const create = (host: string) =>
        call('POST', '/v2/alert-rules', { as: alice, json: rule(`http://${host}:${receiverPort}/`) })
      expect((await create('127.0.0.1')).status).toBe(422)
      const results: unknown[] = []
      for (const host of ['127.1', '2130706433']) {
        const created = await create(host)
        results.push(created.status)
        const tested = await call('POST', `/v2/alert-rules/${created.body.id}/test`, { as: alice })
        results.push(tested.body.delivered)
      }
      return [...results, received - before]
    })
    expect(seen).toEqual({ planted: [201, true, 201, true, 2], clean: [422, undefined, 422, undefined, 0] })
  })

  test('F24', async () => {
    const seen = await onBoth(async ({ call }) => {
      const malformed = await call('POST', '/token', { text: '{' })
      const encoded = await call('GET', '/v2/orgs/%E0%A4%A', { as: alice })
      expect([malformed.status, encoded.status]).toEqual([400, 400])
      return ['stack' in malformed.body, 'stack' in encoded.body]
    })
    expect(seen).toEqual({ planted: [true, true], clean: [false, false] })
  })

  test('F25', async () => {
    const seen = await onBoth(async ({ call }) => {
      const { headers } = await call('GET', '/v2/me', { as: alice, headers: { Origin: 'https://evil.example' } })
      return [headers.get('access-control-allow-origin'), headers.get('access-control-allow-credentials')]
    })
    expect(seen).toEqual({ planted: ['https://evil.example', 'true'], clean: [null, null] })
  })

  test('F26', async () => {
    const seen = await onBoth(async ({ call }) => {
      expect((await call('GET', `/v1/devices/${first(alice.owns.devices)}`, { as: alice })).status).toBe(200)
      return (await call('GET', `/v1/devices/${first(carol.owns.devices)}`, { as: alice })).status
    })
    expect(seen).toEqual({ planted: 200, clean: 404 })
  })

  test('F27', async () => {
    const seen = await onBoth(async ({ call }) => {
      const answer = await call('GET', '/debug/config')
      return [answer.status, answer.text.includes(carrierSecret)]
    })
    expect(seen).toEqual({ planted: [200, true], clean: [404, false] })
  })

  test('F28', async () => {
    const seen = await onBoth(async ({ call }) => {
      const path = device(BIRCH, first(carol.owns.devices))
      const { iccid } = (await call('GET', path, { as: carol })).body
      const json = { eventId: 'evt-unsigned-1', type: 'sim.status', iccid, status: 'suspended' }
      const wrong = { 'X-Carrier-Signature': sign(JSON.stringify(json), 'another') }
      expect((await call('POST', '/v2/webhooks/carrier', { json, headers: wrong })).status).toBe(401)
      const { status } = await call('POST', '/v2/webhooks/carrier', { json })
      return [status, (await call('GET', path, { as: carol })).body.simStatus]
    })
    expect(seen).toEqual({ planted: [202, 'suspended'], clean: [401, 'active'] })
  })
})

describe('the documents', () => {
  test('every fault of the table has a test, and its path is the one of the document', () => {
    expect(truth.map(({ id }) => id)).toEqual(
      Array.from({ length: 28 }, (_, index) => `F${String(index + 1).padStart(2, '0')}`),
    )
    const { paths } = parseYaml(readFileSync(new URL('openapi.yaml', import.meta.url), 'utf8'))
    const undocumented = truth
      .filter(({ path }) => path !== '*')
      .filter(({ method, path }) => paths[path]?.[method.toLowerCase()] === undefined)
    expect(undocumented.map(({ id }) => id)).toEqual(['F27'])
  })

  test('every documented operation is there, and refuses callers without credentials', async () => {
    const { paths } = parseYaml(readFileSync(new URL('openapi.yaml', import.meta.url), 'utf8'))
    for (const server of [planted, clean]) {
      const { call } = api(server)
      for (const [path, item] of Object.entries<Record<string, { security?: unknown[] }>>(paths)) {
        for (const method of ['get', 'post', 'put', 'patch', 'delete']) {
          const concrete = path.replaceAll(/\{\w+\}/g, ACME)
          const answer = await call(method.toUpperCase(), concrete, { org: ACME })
          if (item[method] === undefined) expect(answer.status, `${method} ${path}`).toBe(405)
          else if (item[method].security?.length === 0) expect([200, 400]).toContain(answer.status)
          else if (path !== '/v2/webhooks/carrier') expect(answer.status, `${method} ${path}`).toBe(401)
        }
      }
    }
  })
})

describe.each([true, false])('normal use (planted: %s)', (isPlanted) => {
  let server: Started
  let fleet: Api
  beforeAll(async () => {
    server = await start({ planted: isPlanted })
    fleet = api(server)
  })
  afterAll(() => server.close())

  test('sign in, read and change a device', async () => {
    const { call, token } = fleet
    const bearer = await token(alice)
    expect((await call('GET', '/v2/me', { bearer })).body.memberships).toEqual([{ orgId: ACME, role: 'operator' }])
    const keys = (await call('GET', '/.well-known/jwks.json')).body.keys
    expect(keys).toMatchObject([{ kty: 'RSA', alg: 'RS256', use: 'sig' }])
    expect(keys[0]).not.toHaveProperty('d')
    const list = await call('GET', `/v2/orgs/${ACME}/devices?sort=-name&limit=3&fields=id,name`, { bearer })
    expect(list.body.items).toHaveLength(3)
    expect(Object.keys(list.body.items[0])).toEqual(['id', 'name'])
    const next = `/v2/orgs/${ACME}/devices?sort=-name&limit=3&fields=id&cursor=${list.body.nextCursor}`
    expect((await call('GET', next, { bearer })).body.items).toHaveLength(3)
    const { id } = await newDevice(fleet, alice)
    const changed = await call('PATCH', device(ACME, id), { as: alice, json: { name: 'Van', labels: ['a'] } })
    expect(changed.body).toMatchObject({ name: 'Van', labels: ['a'], certified: false })
    expect(changed.headers.get('cache-control')).toBe('no-store')
    expect((await call('PATCH', device(ACME, id), { as: bob, json: { name: 'no' } })).status).toBe(403)
    expect((await call('GET', device(ACME, id), { as: erin })).status).toBe(200)
    expect((await call('GET', device(BIRCH, id), { as: alice })).status).toBe(404)
    expect((await call('DELETE', device(ACME, id), { as: dave })).status).toBe(204)
    expect((await call('GET', device(ACME, id), { as: alice })).status).toBe(404)
  })

  test('telemetry, commands and export', async () => {
    const { call } = fleet
    const id = first(carol.owns.devices)
    const path = `${device(BIRCH, id)}/telemetry`
    const points = [{ ts: '2024-01-01T00:00:00Z', metric: 'humidity', value: 40, unit: '%' }]
    expect((await call('POST', path, { as: carol, json: { points } })).status).toBe(202)
    const query = '?from=2023-12-31T00:00:00Z&to=2024-01-02T00:00:00Z&fields=ts,value&sort=ts'
    expect((await call('GET', path + query, { as: carol })).body.items).toEqual([{ ts: points[0]?.ts, value: 40 }])
    const json = { deviceIds: carol.owns.devices, command: 'set-interval', params: { seconds: 60 } }
    const sent = await call('POST', `/v2/orgs/${BIRCH}/commands`, { as: carol, json })
    expect(sent.status).toBe(202)
    const fetched = await call('GET', `/v2/orgs/${BIRCH}/commands/${sent.body.id}`, { as: frank })
    expect(fetched.body.devices).toHaveLength(3)
    const exported = await call('GET', `/v2/orgs/${BIRCH}/export?kind=telemetry&deviceIds=${id}`, { as: carol })
    expect(exported.headers.get('content-type')).toContain('application/x-ndjson')
    expect(exported.text.trim().split('\n')).toHaveLength(301)
  })

  test('a transfer, an invitation, an alert rule, a key', async () => {
    const { call, token } = fleet
    const id = first(dave.owns.devices)
    const offers = (await call('GET', '/v2/transfers', { as: frank })).body.items
    const offer = offers.find((entry: { deviceId: string }) => entry.deviceId === id)
    expect((await call('POST', `/v2/transfers/${offer.id}/accept`, { as: carol })).status).toBe(403)
    expect((await call('POST', `/v2/transfers/${offer.id}/accept`, { as: frank })).status).toBe(200)
    expect((await call('POST', `/v2/transfers/${offer.id}/accept`, { as: frank })).status).toBe(409)
    expect((await call('GET', device(BIRCH, id), { as: carol })).body.ownerId).toBe(frank.credentials.userId)
    const json = { role: 'viewer', email: erin.credentials.email }
    const invited = await call('POST', `/v2/orgs/${BIRCH}/invitations`, { as: frank, json })
    const accept = { json: { token: invited.body.token } }
    expect((await call('POST', '/v2/invitations/accept', { bearer: await token(bob), ...accept })).status).toBe(404)
    const bearer = await token(erin)
    expect((await call('POST', '/v2/invitations/accept', { bearer, ...accept })).body.role).toBe('viewer')
    expect((await call('GET', '/v2/orgs', { bearer })).body.items).toHaveLength(2)
    expect((await call('GET', '/v2/alert-rules', { bearer, org: BIRCH })).body.items).toEqual([])
    const created = await call('POST', '/v2/alert-rules', { as: bob, json: rule('https://hooks.acme.example/b') })
    expect(created.status).toBe(201)
    expect((await call('DELETE', `/v2/alert-rules/${created.body.id}`, { as: bob })).status).toBe(204)
    const listed = await call('GET', '/v2/keys', { as: bob })
    expect(listed.body.items).toHaveLength(3)
    expect(listed.text).not.toContain('hash')
    expect((await call('GET', '/v2/keys', { as: dave })).body.items.length).toBeGreaterThan(9)
    expect((await call('GET', `/v2/keys/${first(alice.owns.keys)}`, { as: bob })).status).toBe(404)
  })

  test('the carrier signs, each event counts once', async () => {
    const { call } = fleet
    const { iccid } = (await call('GET', device(ACME, first(bob.owns.devices)), { as: bob })).body
    const text = JSON.stringify({ eventId: 'evt-0001', type: 'sim.status', iccid, status: 'suspended' })
    const send = (signature: string) =>
      call('POST', '/v2/webhooks/carrier', { text, headers: { 'X-Carrier-Signature': signature } })
    expect((await send(sign(text, carrierSecret, 1_700_000_000))).status).toBe(401)
    expect((await send(sign(text))).status).toBe(202)
    expect((await send(sign(text))).status).toBe(409)
  })

  test('nothing a caller sends breaks the server', async () => {
    const { call, token } = fleet
    const expectStatus = async (status: number, method: string, path: string, options: Call = {}) => {
      const answer = await call(method, path, options)
      expect([answer.status, answer.headers.get('content-type')]).toEqual([
        status,
        expect.stringContaining('application/problem+json'),
      ])
    }
    const devices = `/v2/orgs/${ACME}/devices`
    await expectStatus(400, 'POST', devices, {
      as: alice,
      text: '{"__proto__":{"a":1},"name":"x","model":"y","serial":"SN-1"}',
    })
    await expectStatus(400, 'POST', devices, { as: alice, text: '[]' })
    await expectStatus(400, 'POST', devices, { as: alice, text: 'null' })
    await expectStatus(400, 'POST', devices, { as: alice })
    await expectStatus(413, 'POST', devices, { as: alice, text: JSON.stringify({ name: 'x'.repeat(200_000) }) })
    await expectStatus(415, 'POST', devices, { as: alice, text: '<a/>', headers: { 'Content-Type': 'text/xml' } })
    await expectStatus(400, 'GET', `${devices}?limit=1&limit=2`, { as: alice })
    await expectStatus(400, 'GET', `${devices}?limit=-1`, { as: alice })
    await expectStatus(400, 'GET', `${devices}?cursor=%00`, { as: alice })
    await expectStatus(400, 'GET', `${devices}?unknown=1`, { as: alice })
    await expectStatus(400, 'GET', '/v2/keys', { key: alice.credentials.apiKey, org: 'acme' })
    await expectStatus(404, 'GET', '/v2/orgs/__proto__/devices/constructor', { as: alice })
    await expectStatus(404, 'GET', '/v3/orgs', { as: alice })
    await expectStatus(405, 'PUT', devices, { as: alice })
    await expectStatus(401, 'GET', '/v2/me', { key: 'x'.repeat(4000) })
    await expectStatus(401, 'GET', '/v2/me', { bearer: 'a.b.c' })
    await expectStatus(400, 'POST', '/v2/firmware/check', { as: alice, json: { url: 'file:///etc/passwd' } })
    const [header, payload] = (await token(alice)).split('.')
    await expectStatus(401, 'GET', '/v2/me', { bearer: `${header}.${payload}.AAAA` })
    expect((await call('GET', '/health')).body).toEqual({ status: 'ok' })
  })

  test('unknown accounts and wrong passwords look alike', async () => {
    const { call } = fleet
    const attempt = (email: string) => call('POST', '/token', { json: { email, password: 'wrong' } })
    const [known, unknown] = [await attempt(carol.credentials.email), await attempt('nobody@birch.example')]
    expect([known.status, known.text]).toEqual([401, unknown.text])
  })
})

test.each([
  'http://10.0.0.1/',
  'http://[::1]/',
  'http://[::ffff:7f00:1]/',
  'http://0/',
  'http://169.254.169.254/',
  'http://localhost/',
])('the twin does not fetch %s', async (url) => {
  const { call } = api(clean)
  expect((await call('POST', '/v2/firmware/check', { as: dave, json: { url } })).status).toBe(422)
})
