import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Started } from './server.ts'
import { start } from './server.ts'

interface Account {
  readonly name: string
  readonly credentials: { readonly email: string; readonly password: string }
}

const here = (name: string) => new URL(name, import.meta.url)
const { accounts, hooks } = JSON.parse(readFileSync(here('accounts.json'), 'utf8')) as {
  accounts: Account[]
  hooks: { lab: { secret: string } }
}
const truth = JSON.parse(readFileSync(here('truth.json'), 'utf8')) as { id: string }[]

interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: answers are read by the test that knows them
  readonly json: any
}

interface Call {
  readonly as?: string
  readonly token?: string
  readonly json?: unknown
  readonly raw?: string
  readonly headers?: Record<string, string>
}

class Client {
  readonly #base: string
  readonly tokens = new Map<string, string>()

  constructor(base: string) {
    this.#base = base
  }

  async send(method: string, path: string, call: Call = {}): Promise<Answer> {
    const token = call.token ?? (call.as === undefined ? undefined : this.tokens.get(call.as))
    const body = call.raw ?? (call.json === undefined ? undefined : JSON.stringify(call.json))
    const response = await fetch(this.#base + path, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...call.headers,
      },
      ...(body === undefined ? {} : { body }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
    return { status: response.status, text, headers: response.headers, json: isJson ? JSON.parse(text) : undefined }
  }

  async login(name: string): Promise<Answer> {
    const account = accounts.find((item) => item.name === name)
    return this.send('POST', '/auth/login', { json: account?.credentials })
  }
}

let servers: Started[] = []
let planted: Client
let twin: Client

async function signedInClient(server: Started): Promise<Client> {
  const client = new Client(server.url)
  for (const { name } of accounts) client.tokens.set(name, (await client.login(name)).json.accessToken)
  return client
}

beforeAll(async () => {
  servers = await Promise.all([start({ planted: true }), start({ planted: false })])
  planted = await signedInClient(servers[0] as Started)
  twin = await signedInClient(servers[1] as Started)
})

afterAll(async () => {
  await Promise.all(servers.map(async (server) => server.close()))
})

const alicePatient = '/practices/11/patients/1001'
const aliceRecord = `${alicePatient}/records/5001`

/** The seen fact is `bad` where the fault is planted and `good` on the twin. */
function fault<T>(id: string, bad: T, good: T, look: (api: Client) => Promise<T>): void {
  it(id, async () => {
    expect(await look(planted)).toEqual(bad)
    expect(await look(twin)).toEqual(good)
    tested.add(id)
  })
}
const tested = new Set<string>()

const names = (answer: Answer) => (answer.json.items as { id: number }[]).map((item) => item.id)

function unsigned(token: string, subject: string): string {
  const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none', typ: 'JWT' })}.${part({ ...payload, sub: subject })}.`
}

async function listener() {
  let calls = 0
  const server = createServer((_req, res) => {
    calls += 1
    res.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    calls: () => calls,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

const inDays = (days: number, hour: number) => {
  const date = new Date(Date.now() + days * 86_400_000)
  date.setUTCHours(hour, 0, 0, 0)
  return date.toISOString()
}

describe('faults', () => {
  fault('F01', [200, 200], [404, 404], async (api) => {
    const bobs = await api.send('GET', `${alicePatient}/records/5009`, { as: 'alice' })
    const carols = await api.send('GET', `${alicePatient}/records/5013`, { as: 'alice' })
    expect((await api.send('GET', '/practices/11/patients/1005/records/5009', { as: 'alice' })).status).toBe(404)
    return [bobs.status, carols.status]
  })

  fault('F02', [404, 200, '1'], [404, 404, '0172 5550 1012'], async (api) => {
    const path = '/practices/11/patients/1003'
    const read = await api.send('GET', path, { as: 'bob' })
    const write = await api.send('PATCH', path, { as: 'bob', json: { ownerPhone: '1' } })
    const after = await api.send('GET', path, { as: 'alice' })
    return [read.status, write.status, after.json.ownerPhone]
  })

  fault('F03', 200, 404, async (api) => (await api.send('GET', '/attachments/9001', { as: 'carol' })).status)

  fault('F04', [1001, 1007], [1007], async (api) =>
    names(await api.send('POST', '/practices/12/patients/lookup', { as: 'carol', json: { ids: [1001, 1007] } })),
  )

  fault('F05', [1001, 1002, 1003], [], async (api) => {
    expect(names(await api.send('GET', '/practices/11/patients', { as: 'bob' }))).toEqual([1004, 1005, 1006])
    return names(await api.send('GET', '/practices/11/patients?doctorId=101', { as: 'bob' }))
  })

  fault('F06', [204, 204, 'cancelled'], [404, 404, 'booked'], async (api) => {
    const foreign = await api.send('DELETE', '/practices/12/appointments/7001', { as: 'carol' })
    const colleague = await api.send('DELETE', '/practices/11/appointments/7001', { as: 'bob' })
    const after = await api.send('GET', '/practices/11/appointments/7001', { as: 'alice' })
    return [foreign.status, colleague.status, after.json.status]
  })

  fault('F07', [200, true], [404, false], async (api) => {
    const foreign = await api.send('GET', '/practices/11/patients/export', { as: 'carol' })
    const own = await api.send('GET', '/practices/11/patients/export', { as: 'bob' })
    expect(own.text).toContain('"1004"')
    return [foreign.status, own.text.includes('"1001"')]
  })

  fault('F08', [200, 103], [401, undefined], async (api) => {
    const answer = await api.send('GET', '/me', { token: unsigned(api.tokens.get('alice') ?? '', '103') })
    return [answer.status, answer.json.id]
  })

  fault('F09', [200, 200], [401, 401], async (api) => {
    const { accessToken, refreshToken } = (await api.login('bob')).json
    expect((await api.send('POST', '/auth/logout', { token: accessToken })).status).toBe(204)
    const me = await api.send('GET', '/me', { token: accessToken })
    return [me.status, (await api.send('POST', '/auth/refresh', { json: { refreshToken } })).status]
  })

  fault('F10', [false, true], [true, true], async (api) => {
    const limited = async (email: string, headers: (attempt: number) => Record<string, string>) => {
      for (let attempt = 0; attempt < 12; attempt += 1) {
        const json = { email, password: 'wrong' }
        const answer = await api.send('POST', '/auth/login', { json, headers: headers(attempt) })
        if (answer.status === 429) return Number(answer.headers.get('retry-after')) > 0
        expect(answer.status).toBe(401)
      }
      return false
    }
    const moving = await limited('guess1@meadow.example', (attempt) => ({ 'x-forwarded-for': `198.51.100.${attempt}` }))
    return [moving, await limited('guess2@meadow.example', () => ({}))]
  })

  fault('F11', [202, 404], [202, 202], async (api) => {
    const known = await api.send('POST', '/auth/password/forgot', { json: { email: 'carol@harbour.example' } })
    const unknown = await api.send('POST', '/auth/password/forgot', { json: { email: 'nobody@harbour.example' } })
    return [known.status, unknown.status]
  })

  fault('F12', [200, true], [400, false], async (api) => {
    const answer = await api.send('PATCH', '/me', { as: 'carol', json: { licenceVerified: true } })
    return [answer.status, (await api.send('GET', '/me', { as: 'carol' })).json.licenceVerified]
  })

  fault('F13', [201, 1], [400, undefined], async (api) => {
    const json = { patientId: 1002, startsAt: inDays(40, 8), minutes: 30, reason: 'Teeth', fee: 1 }
    const answer = await api.send('POST', '/practices/11/appointments', { as: 'alice', json })
    return [answer.status, answer.json.fee]
  })

  fault('F14', ['alice@meadow.example', true], [undefined, false], async (api) => {
    const [first] = (await api.send('GET', '/doctors')).json.items
    expect((await api.send('GET', '/doctors/101')).json).not.toHaveProperty('email')
    return [first.email, 'mobile' in first]
  })

  fault('F15', true, false, async (api) => {
    const list = await api.send('GET', '/shared-records', { as: 'bob' })
    expect(names(list)).toEqual([5001])
    expect((await api.send('GET', aliceRecord, { as: 'bob' })).json).not.toHaveProperty('internalNote')
    return 'internalNote' in list.json.items[0]
  })

  fault('F16', 200, 400, async (api) => {
    return (await api.send('GET', '/practices/11/patients?limit=1000000', { as: 'alice' })).status
  })

  fault('F17', 201, 413, async (api) => {
    const headers = { 'content-type': 'text/plain' }
    const call = { as: 'alice', raw: 'a'.repeat(200_000), headers }
    return (await api.send('POST', `${aliceRecord}/attachments?name=big.txt`, call)).status
  })

  fault('F18', [200, null], [429, true], async (api) => {
    const answers: Answer[] = []
    for (let turn = 0; turn < 8; turn += 1) {
      answers.push(await api.send('GET', '/practices/11/patients/export', { as: 'alice' }))
    }
    const retry = answers.at(-1)?.headers.get('retry-after')
    return [answers.at(-1)?.status, retry === null ? null : Number(retry) > 0]
  })

  fault('F19', [403, 201], [403, 403], async (api) => {
    const json = { email: 'x@meadow.example', name: 'X', role: 'admin' }
    const list = await api.send('GET', '/practices/11/invitations', { as: 'alice' })
    return [list.status, (await api.send('POST', '/practices/11/invitations', { as: 'alice', json })).status]
  })

  fault('F20', [403, 200, 200], [403, 403, 403], async (api) => {
    const paths = ['/practices/11/audit', '/practices/11/audit/', '/practices/11/AUDIT']
    return Promise.all(paths.map(async (path) => (await api.send('GET', path, { as: 'alice' })).status))
  })

  fault('F21', 200, 403, async (api) => {
    return (await api.send('PATCH', '/practices/11', { as: 'bob', json: { notice: 'Changed' } })).status
  })

  // How many of them win depends on how busy the machine is.
  fault('F22', true, false, async (api) => {
    const [voucher] = (await api.send('GET', '/practices/11/vouchers', { as: 'bob' })).json.items
    const answers = await Promise.all(
      [7004, 7005, 7004, 7005].map(async (id) =>
        api.send('POST', `/practices/11/appointments/${id}/voucher`, { as: 'bob', json: { code: voucher.code } }),
      ),
    )
    const late = await api.send('POST', '/practices/11/appointments/7006/voucher', {
      as: 'bob',
      json: { code: voucher.code },
    })
    expect(late.status).toBe(409)
    return answers.filter((answer) => answer.status === 200).length > 1
  })

  fault(
    'F23',
    [200, { delivered: true, status: 200 }, 1],
    [400, { delivered: false, status: null }, 0],
    async (api) => {
      const target = await listener()
      const first = { url: 'https://notify.invalid/x' }
      expect((await api.send('PUT', '/me/notification-url', { as: 'alice', json: first })).status).toBe(200)
      const put = await api.send('PUT', '/me/notification-url', { as: 'alice', json: { url: target.url } })
      const test = await api.send('POST', '/me/notification-url/test', { as: 'alice' })
      target.close()
      return [put.status, test.json, target.calls()]
    },
  )

  fault('F24', ['https://evil.example', 'true'], [null, null], async (api) => {
    const { headers } = await api.send('GET', '/me', { as: 'alice', headers: { origin: 'https://evil.example' } })
    return [headers.get('access-control-allow-origin'), headers.get('access-control-allow-credentials')]
  })

  fault('F25', [400, true], [400, false], async (api) => {
    const answer = await api.send('POST', '/auth/login', { raw: '{"email":' })
    return [answer.status, /\bat .*node_modules/.test(answer.text)]
  })

  fault('F26', ['Express', null, null, null], [null, 'no-store', 'nosniff', true], async (api) => {
    const { headers } = await api.send('GET', '/me', { as: 'alice' })
    const hsts = headers.get('strict-transport-security')
    const [cache, sniff] = [headers.get('cache-control'), headers.get('x-content-type-options')]
    return [headers.get('x-powered-by'), cache, sniff, hsts === null ? null : hsts.includes('max-age')]
  })

  fault('F27', [200, 200], [404, 404], async (api) => {
    const list = await api.send('GET', '/v1/practices/11/patients', { as: 'carol' })
    return [list.status, (await api.send('GET', '/v1/practices/11/patients/1001', { as: 'carol' })).status]
  })

  fault('F28', [401, 200, 'done'], [401, 401, 'sent'], async (api) => {
    const json = { deliveryId: 'd-00000001', orderId: 8003, status: 'done', results: [] }
    const headers = { 'x-lab-timestamp': String(Math.floor(Date.now() / 1000)), 'x-lab-signature': 'sha256=00' }
    const wrong = await api.send('POST', '/hooks/lab', { json, headers })
    const without = await api.send('POST', '/hooks/lab', { json })
    const orders = await api.send('GET', '/practices/11/patients/1002/records/5003/lab-orders', { as: 'alice' })
    return [wrong.status, without.status, orders.json.items[0].status]
  })

  it('are all tested', () => {
    expect([...tested].sort()).toEqual(truth.map((entry) => entry.id))
  })
})

function signed(body: string, timestamp = Math.floor(Date.now() / 1000)): Record<string, string> {
  const hex = createHmac('sha256', hooks.lab.secret).update(`${timestamp}.${body}`).digest('hex')
  return { 'x-lab-timestamp': String(timestamp), 'x-lab-signature': `sha256=${hex}` }
}

describe.each(['planted', 'twin'])('normal use: %s', (which) => {
  const api = () => (which === 'planted' ? planted : twin)

  it('keeps a patient with records, files, sharing and lab results', async () => {
    const json = { name: 'Milo', species: 'dog', bornOn: '2020-02-01', ownerName: '=1+1', ownerPhone: '030 1' }
    const patient = await api().send('POST', '/practices/12/patients', { as: 'carol', json })
    expect(patient.status).toBe(201)
    const path = `/practices/12/patients/${patient.json.id}`
    expect((await api().send('PATCH', path, { as: 'carol', json: { name: 'Milo II' } })).json.name).toBe('Milo II')
    expect((await api().send('GET', '/practices/12/patients?q=milo', { as: 'carol' })).json.total).toBe(1)
    expect((await api().send('GET', '/practices/12/patients/export', { as: 'carol' })).text).toContain(`"'=1+1"`)

    const visit = { kind: 'visit', title: 'Ear', text: 'Drops\nfor a week', internalNote: 'hm' }
    const record = await api().send('POST', `${path}/records`, { as: 'carol', json: visit })
    expect([record.status, record.json.internalNote]).toEqual([201, 'hm'])
    const one = `${path}/records/${record.json.id}`
    expect((await api().send('PATCH', one, { as: 'carol', json: { title: 'Ears' } })).json.title).toBe('Ears')
    const file = { as: 'carol', raw: 'kg 7', headers: { 'content-type': 'text/plain' } }
    const attached = await api().send('POST', `${one}/attachments?name=kg.txt`, file)
    expect(attached.status).toBe(201)
    expect((await api().send('GET', attached.json.url, { as: 'carol' })).text).toBe('kg 7')

    const order = await api().send('POST', `${one}/lab-orders`, { as: 'carol', json: { panel: 'urine' } })
    const results = [{ name: 'pH', value: 6.5, unit: '1' }]
    const delivery = { deliveryId: `d-${order.json.id}-x1`, orderId: order.json.id, status: 'done', results }
    const raw = JSON.stringify(delivery)
    const deliver = async (headers: Record<string, string>) =>
      (await api().send('POST', '/hooks/lab', { raw, headers })).status
    expect(await deliver(signed(raw, Math.floor(Date.now() / 1000) - 4000))).toBe(401)
    expect(await deliver(signed(raw))).toBe(200)
    expect(await deliver(signed(raw))).toBe(409)
    expect((await api().send('GET', `${one}/lab-orders`, { as: 'carol' })).json.items[0].results).toEqual(results)

    expect((await api().send('DELETE', path, { as: 'carol' })).status).toBe(204)
    expect((await api().send('GET', attached.json.url, { as: 'carol' })).status).toBe(404)
  })

  it('shares a record and takes it back', async () => {
    const record = `${alicePatient}/records/5002`
    const read = async () => (await api().send('GET', record, { as: 'bob' })).status
    expect(await read()).toBe(404)
    const outside = await api().send('POST', `${record}/shares`, { as: 'alice', json: { colleagueId: 201 } })
    expect(outside.status).toBe(400)
    await api().send('POST', `${record}/shares`, { as: 'alice', json: { colleagueId: 102 } })
    expect(await read()).toBe(200)
    expect((await api().send('GET', '/attachments/9002', { as: 'bob' })).status).toBe(200)
    expect((await api().send('PATCH', record, { as: 'bob', json: { title: 'x' } })).status).toBe(403)
    expect((await api().send('DELETE', `${record}/shares/102`, { as: 'alice' })).status).toBe(204)
    expect(await read()).toBe(404)
  })

  it('books, moves and cancels appointments', async () => {
    const path = '/practices/11/appointments'
    const json = { patientId: 1001, startsAt: inDays(60, 9), minutes: 30, reason: 'Check' }
    const booked = await api().send('POST', path, { as: 'alice', json })
    expect([booked.status, booked.json.fee]).toEqual([201, 6000])
    expect((await api().send('POST', path, { as: 'alice', json })).status).toBe(409)
    const one = `${path}/${booked.json.id}`
    const moved = await api().send('PATCH', one, { as: 'dave', json: { startsAt: inDays(61, 9), minutes: 60 } })
    expect([moved.status, moved.json.fee]).toEqual([200, 12_000])
    const code = (await api().send('GET', '/practices/11/vouchers', { as: 'alice' })).json.items[0].code
    expect((await api().send('POST', `${one}/voucher`, { as: 'alice', json: { code } })).json.amountDue).toBe(10_500)
    expect((await api().send('POST', `${one}/voucher`, { as: 'alice', json: { code } })).status).toBe(409)
    expect((await api().send('DELETE', one, { as: 'alice' })).status).toBe(204)
    expect((await api().send('GET', one, { as: 'alice' })).json.status).toBe('cancelled')
  })

  it('lets the admin run the practice, and that practice alone', async () => {
    const admin = async (method: string, path: string, json?: unknown) =>
      (await api().send(method, path, { as: 'dave', ...(json === undefined ? {} : { json }) })).status
    expect(await admin('GET', '/practices/11/staff')).toBe(200)
    expect(await admin('PATCH', '/practices/11/staff/102', { licenceVerified: true })).toBe(200)
    expect(await admin('PATCH', '/practices/11/staff/201', { active: false })).toBe(404)
    expect(await admin('PATCH', '/practices/11', { notice: 'Open' })).toBe(200)
    expect(await admin('PATCH', '/practices/12', { notice: 'Open' })).toBe(404)
    expect(await admin('GET', '/practices/11/audit')).toBe(200)
    const person = { email: 'new@meadow.example', name: 'N', role: 'doctor' }
    expect(await admin('POST', '/practices/11/invitations', person)).toBe(201)
    expect(await admin('POST', '/practices/11/vouchers', { amountOff: 500, expiresOn: '2099-01-01' })).toBe(201)
    expect(await admin('GET', `${aliceRecord}`)).toBe(200)
    expect(await admin('PATCH', `${aliceRecord}`, { title: 'x' })).toBe(403)
  })

  it('renews a session once per refresh token', async () => {
    const { refreshToken } = (await api().login('carol')).json
    const renew = async (token: string) => api().send('POST', '/auth/refresh', { json: { refreshToken: token } })
    const renewed = await renew(refreshToken)
    expect(renewed.status).toBe(200)
    expect((await renew(refreshToken)).status).toBe(401)
    expect((await renew(renewed.json.refreshToken)).status).toBe(401)
  })

  it('refuses what it does not know', async () => {
    expect((await api().send('GET', '/me')).status).toBe(401)
    const token = `${api().tokens.get('alice')?.slice(0, -6)}aaaaaa`
    expect((await api().send('GET', '/me', { token })).status).toBe(401)
    expect((await api().send('GET', '/nothing')).json).toEqual({ error: { code: 1300, text: 'Not found' } })
    expect((await api().send('PUT', '/practices/11', { as: 'dave', json: {} })).status).toBe(404)
    expect((await api().send('GET', '/practices/11/patients/0x1', { as: 'alice' })).status).toBe(400)
    expect((await api().send('GET', '/practices/%E0/patients', { as: 'alice' })).status).toBe(400)
    const form = { as: 'alice', raw: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } }
    expect((await api().send('PATCH', '/me', form)).status).toBe(415)
    const html = { as: 'alice', raw: '<b>', headers: { 'content-type': 'text/html' } }
    expect((await api().send('POST', `${aliceRecord}/attachments?name=a.html`, html)).status).toBe(415)
  })
})

describe('twin', () => {
  it.each([
    'http://notify.example/x',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://[::1]/',
    'https://localhost/',
    'https://localhost./',
    'https://db.internal/',
    'https://a@notify.example/',
    'https://notify.example:8443/',
    'file:///etc/passwd',
  ])('refuses the notification URL %s', async (url) => {
    expect((await twin.send('PUT', '/me/notification-url', { as: 'alice', json: { url } })).status).toBe(400)
  })

  const foreign = [
    ['GET', '/practices/11'],
    ['GET', '/practices/11/patients'],
    ['GET', alicePatient],
    ['DELETE', alicePatient],
    ['GET', `${alicePatient}/records`],
    ['GET', `${aliceRecord}`],
    ['DELETE', `${aliceRecord}`],
    ['GET', `${aliceRecord}/shares`],
    ['GET', `${aliceRecord}/attachments`],
    ['GET', `${aliceRecord}/lab-orders`],
    ['GET', '/attachments/9001'],
    ['DELETE', '/attachments/9001'],
    ['GET', '/practices/12/patients/1001'],
    ['GET', '/practices/12/patients/1007/records/5001'],
    ['GET', '/practices/12/patients/1001/records/5001'],
    ['GET', '/practices/11/appointments'],
    ['GET', '/practices/11/appointments/7001'],
    ['GET', '/practices/12/appointments/7001'],
    ['GET', '/practices/11/vouchers'],
    ['GET', '/practices/11/staff'],
    ['GET', '/practices/11/audit'],
    ['GET', '/practices/11/invitations'],
  ] as const
  it.each(foreign)('hides from another practice: %s %s', async (method, path) => {
    expect((await twin.send(method, path, { as: 'carol' })).status).toBe(404)
  })
})
