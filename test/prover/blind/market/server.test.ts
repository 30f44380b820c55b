import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Started, start } from './server.ts'

type Json = Record<string, unknown>
type Item = Json & { readonly id: string }

interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly body: Json
}

const folder = new URL('.', import.meta.url)
const accounts = JSON.parse(readFileSync(new URL('accounts.json', folder), 'utf8')) as {
  accounts: { name: string; credentials: { email: string; password: string } }[]
}
const truth = JSON.parse(readFileSync(new URL('truth.json', folder), 'utf8')) as { id: string }[]

class Client {
  readonly #url: string
  cookie = ''
  csrf = ''
  id = ''

  constructor(url: string) {
    this.#url = url
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    const response = await fetch(this.#url + path, {
      method,
      headers: {
        ...(this.cookie === '' ? {} : { Cookie: this.cookie }),
        ...(this.csrf === '' || method === 'GET' ? {} : { 'X-CSRF-Token': this.csrf }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('Content-Type')?.startsWith('application/json') === true
    return { status: response.status, headers: response.headers, body: isJson ? (JSON.parse(text) as Json) : {} }
  }

  get = (path: string, headers?: Record<string, string>) => this.call('GET', path, undefined, headers)
  post = (path: string, body?: unknown) => this.call('POST', path, body)

  async items(path: string): Promise<Item[]> {
    const { body } = await this.get(path)
    expect(body.ok, `${path}: ${JSON.stringify(body)}`).toBe(true)
    return body.items as Item[]
  }

  async one(path: string, wanted: (item: Item) => boolean = () => true): Promise<Item> {
    const item = (await this.items(path)).find(wanted)
    if (item === undefined) throw new Error(`Nothing suitable at ${path}`)
    return item
  }

  async signIn(name: string): Promise<this> {
    const account = accounts.accounts.find((one) => one.name === name)
    const reply = await this.post('/session', account?.credentials)
    expect(reply.status).toBe(200)
    this.cookie = (reply.headers.get('Set-Cookie') ?? '').split(';')[0] ?? ''
    this.csrf = reply.body.csrfToken as string
    this.id = (reply.body.member as Item).id
    return this
  }
}

interface World {
  readonly url: string
  readonly nobody: Client
  readonly alice: Client
  readonly bob: Client
  readonly carol: Client
  readonly dora: Client
}

async function openWorld(url: string): Promise<World> {
  const [alice, bob, carol, dora] = await Promise.all(
    ['alice', 'bob', 'carol', 'dora'].map((name) => new Client(url).signIn(name)),
  )
  return { url, nobody: new Client(url), alice, bob, carol, dora } as World
}

const foreignOrder = ({ bob, carol }: World, status = '') =>
  bob.one(`/orders?limit=50${status}`, (order) =>
    [order.buyer, order.seller].every((party) => [bob.id, carol.id].includes((party as Item).id)),
  )

const ok = (reply: Reply) => reply.body.ok === true
const refusedAs = (reply: Reply, reason: string) => reply.status === 200 && reply.body.reason === reason

/** True when the fault shows; where it does not, the refusal must be the expected one. */
function shows(reply: Reply, reason: string): boolean {
  if (!ok(reply)) expect(refusedAs(reply, reason), JSON.stringify(reply.body)).toBe(true)
  return ok(reply)
}

const trials: Record<string, (world: World) => Promise<boolean>> = {
  async F01({ alice, bob }) {
    const draft = await bob.one('/drafts')
    return shows(await alice.get(`/drafts/${draft.id}`), 'not found')
  },
  async F02(world) {
    const order = await foreignOrder(world)
    expect(refusedAs(await world.alice.get(`/orders/${order.id}`), 'not found')).toBe(true)
    return shows(await world.alice.get(`/orders/${order.id}/invoice`), 'not found')
  },
  async F03({ alice, bob }) {
    const address = await bob.one('/addresses')
    const path = `/addresses/${address.id}`
    expect(refusedAs(await alice.get(path), 'not found')).toBe(true)
    const changed = shows(await alice.call('PATCH', path, { label: 'Seen' }), 'not found')
    expect(((await bob.get(path)).body.address as Json).label === 'Seen').toBe(changed)
    return changed
  },
  async F04({ alice, bob, carol }) {
    const [own] = await alice.items('/conversations')
    const foreign = await bob.one('/conversations?limit=50', (item) =>
      [item.buyer, item.seller].every((party) => [bob.id, carol.id].includes((party as Item).id)),
    )
    const message = await bob.one(`/conversations/${foreign.id}/messages`)
    const direct = await alice.get(`/conversations/${foreign.id}/messages/${message.id}`)
    expect(refusedAs(direct, 'not found')).toBe(true)
    return shows(await alice.get(`/conversations/${own?.id}/messages/${message.id}`), 'not found')
  },
  async F05({ alice, bob }) {
    const items = await alice.items(`/orders?counterpart=${bob.id}&limit=50`)
    return items.some((order) => ![order.buyer, order.seller].some((party) => (party as Item).id === alice.id))
  },
  async F06(world) {
    const order = await foreignOrder(world)
    const reply = await world.alice.post('/orders/lookup', { ids: [order.id] })
    expect(ok(reply)).toBe(true)
    return (reply.body.items as Item[]).length > 0
  },
  async F07({ alice, bob, nobody }) {
    const listing = await nobody.one(`/listings?sellerId=${bob.id}`)
    const image = (listing.images as Item[])[0]
    const gone = shows(await alice.call('DELETE', `/listings/${listing.id}/images/${image?.id}`), 'not found')
    const after = (await nobody.get(`/listings/${listing.id}`)).body.listing as Json
    expect((after.images as Item[]).some(({ id }) => id === image?.id)).toBe(!gone)
    return gone
  },
  async F08({ nobody }) {
    const attempt = (count: number) =>
      nobody.call(
        'POST',
        '/session',
        { email: 'frank@market.example', password: 'wrong' },
        { 'X-Forwarded-For': `10.1.2.${count}` },
      )
    const replies: Reply[] = []
    for (let count = 0; count < 12; count += 1) replies.push(await attempt(count))
    const limited = replies.filter(({ status }) => status === 429)
    for (const { headers } of limited) expect(Number(headers.get('Retry-After'))).toBeGreaterThan(0)
    expect(limited.length).toBe(replies.every(({ status }) => status === 401) ? 0 : 4)
    return limited.length === 0
  },
  async F09({ url }) {
    const client = await new Client(url).signIn('carol')
    expect(ok(await client.call('DELETE', '/session'))).toBe(true)
    const reply = await client.get('/me')
    expect(reply.status).toBe(ok(reply) ? 200 : 401)
    return ok(reply)
  },
  async F10({ nobody }) {
    const known = await nobody.post('/password-resets', { email: 'bob@market.example' })
    const unknown = await nobody.post('/password-resets', { email: 'frank@market.example' })
    expect(ok(known)).toBe(true)
    return JSON.stringify(known.body) !== JSON.stringify(unknown.body)
  },
  async F11({ alice }) {
    const bare = { 'X-CSRF-Token': 'wrong' }
    expect((await alice.call('POST', '/me/password', {}, bare)).status).toBe(403)
    const reply = await alice.call('PATCH', '/me', { bio: 'Changed' }, bare)
    expect(reply.status).toBe(ok(reply) ? 200 : 403)
    return ok(reply)
  },
  async F12({ nobody, alice }) {
    const profile = (await nobody.get(`/members/${alice.id}`)).body.member as Json
    expect(profile.handle).toBe('alice')
    return 'email' in profile
  },
  async F13({ nobody }) {
    const item = await nobody.one('/listings')
    const detail = (await nobody.get(`/listings/${item.id}`)).body.listing as Json
    expect('reservePriceCents' in detail).toBe(false)
    return 'reservePriceCents' in item
  },
  async F14({ carol, nobody }) {
    const changed = shows(await carol.call('PATCH', '/me', { verified: true, feePercent: 0 }), 'invalid')
    const profile = (await nobody.get(`/members/${carol.id}`)).body.member as Json
    expect(profile.verified).toBe(changed)
    return changed
  },
  async F15({ alice, bob }) {
    const listing = await alice.one(`/listings?sellerId=${bob.id}&limit=50`)
    const address = await alice.one('/addresses')
    const reply = await alice.post('/orders', { listingId: listing.id, addressId: address.id, totalCents: 1 })
    return shows(reply, 'invalid') && (reply.body.order as Json).totalCents === 1
  },
  async F16({ alice, nobody }) {
    const listing = await alice.one('/me/listings', (item) => item.featured === false && item.status === 'active')
    const changed = shows(await alice.call('PATCH', `/listings/${listing.id}`, { featured: true }), 'invalid')
    expect(((await nobody.get(`/listings/${listing.id}`)).body.listing as Json).featured).toBe(changed)
    return changed
  },
  async F17({ nobody }) {
    const reply = await nobody.get('/listings?limit=100000')
    return shows(reply, 'invalid') && (reply.body.items as Item[]).length > 50
  },
  async F18({ bob }) {
    const replies: Reply[] = []
    for (let count = 0; count < 7; count += 1) {
      replies.push(await bob.post('/me/phone-verifications', { phone: '+4915112345699' }))
    }
    const last = replies.at(-1) as Reply
    if (!ok(last)) expect([last.status, Number(last.headers.get('Retry-After')) > 0]).toEqual([429, true])
    return replies.every(ok)
  },
  async F19({ alice, dora }) {
    expect(ok(await dora.get('/admin/reports'))).toBe(true)
    return shows(await alice.get('/admin/reports'), 'not allowed')
  },
  async F20({ alice }) {
    expect(refusedAs(await alice.get('/admin/coupons'), 'not allowed')).toBe(true)
    const body = { memberId: alice.id, label: 'Gift', valueCents: 10_000 }
    return shows(await alice.post('/admin/coupons', body), 'not allowed')
  },
  async F21({ alice }) {
    expect(refusedAs(await alice.get('/admin/members'), 'not allowed')).toBe(true)
    return shows(await alice.get('/Admin/members'), 'not allowed')
  },
  async F22({ carol }) {
    const coupon = await carol.one('/coupons', ({ redeemedAt }) => redeemedAt === null)
    const balance = async () => ((await carol.get('/wallet')).body.wallet as { balanceCents: number }).balanceCents
    const before = await balance()
    // Connections that are open already, so that the requests meet.
    await Promise.all(Array.from({ length: 6 }, () => carol.get('/wallet')))
    const replies = await Promise.all(Array.from({ length: 6 }, () => carol.post(`/coupons/${coupon.id}/redeem`)))
    const times = replies.filter(ok).length
    expect((await balance()) - before).toBe(times * (coupon.valueCents as number))
    expect(refusedAs(await carol.post(`/coupons/${coupon.id}/redeem`), 'already redeemed')).toBe(true)
    expect(times).toBeGreaterThan(0)
    return times > 1
  },
  async F23({ alice }) {
    const delivered = await alice.items('/orders?role=buyer&status=delivered&limit=50')
    let first: Reply | undefined
    for (const { id } of delivered) {
      first = await alice.post(`/orders/${id}/rating`, { stars: 1 })
      if (!ok(first)) continue
      return shows(await alice.post(`/orders/${id}/rating`, { stars: 1 }), 'already rated')
    }
    throw new Error('No order left to rate')
  },
  async F24({ alice }) {
    let calls = 0
    const png = Buffer.from('89504e470d0a1a0a', 'hex')
    const target = createServer((_req, res) => {
      calls += 1
      res.end(png)
    }).listen(0, '127.0.0.1')
    await once(target, 'listening')
    const { port } = target.address() as AddressInfo
    const listing = await alice.one('/me/listings', ({ status }) => status === 'active')
    let reached = false
    for (const host of ['127.0.0.1', 'localhost', '2130706433']) {
      const reply = await alice.post(`/listings/${listing.id}/images`, { url: `http://${host}:${port}/x.png` })
      reached = shows(reply, 'image not available') || reached
    }
    target.close()
    target.closeAllConnections()
    expect(calls > 0).toBe(reached)
    return reached
  },
  async F25({ nobody }) {
    const replies = [await nobody.post('/session', '{'), await nobody.get('/members/%E0%A4%A')]
    expect(replies.map(({ status }) => status)).toEqual([400, 400])
    return replies.every(({ body }) => JSON.stringify(body).includes('node_modules'))
  },
  async F26({ alice }) {
    const { headers } = await alice.get('/session', { Origin: 'https://evil.example' })
    const allowed = headers.get('Access-Control-Allow-Origin')
    expect(headers.get('Access-Control-Allow-Credentials')).toBe(allowed === null ? null : 'true')
    return allowed === 'https://evil.example'
  },
  async F27({ alice, nobody }) {
    const order = await alice.one('/orders')
    const reply = await nobody.get(`/v1/orders/${order.id}`)
    expect(reply.status).toBe(ok(reply) ? 200 : 404)
    return ok(reply)
  },
  async F28({ alice, nobody }) {
    const order = await alice.one('/orders?role=seller&status=shipped')
    const event = {
      eventId: 'evt_000001',
      sentAt: new Date().toISOString(),
      trackingCode: order.trackingCode,
      status: 'delivered',
    }
    const wrong = await nobody.call('POST', '/webhooks/carrier', event, { 'X-Carrier-Signature': 'sha256=00' })
    expect(wrong.status).toBe(401)
    const reply = await nobody.post('/webhooks/carrier', event)
    expect(reply.status).toBe(ok(reply) ? 200 : 401)
    const after = (await alice.get(`/orders/${order.id}`)).body.order as Json
    expect(after.status).toBe(ok(reply) ? 'delivered' : 'shipped')
    return ok(reply)
  },
}

async function normalUse({ url, nobody }: World): Promise<void> {
  const [alice, bob, dora] = await Promise.all(['alice', 'bob', 'dora'].map((name) => new Client(url).signIn(name)))
  if (alice === undefined || bob === undefined || dora === undefined) throw new Error('No clients')
  expect((await alice.get('/session')).body.csrfToken).toBe(alice.csrf)
  expect((await nobody.get('/me')).status).toBe(401)
  expect(await nobody.items('/categories')).toHaveLength(8)

  const draft = (
    await alice.post('/drafts', {
      title: 'Brass lamp',
      description: 'Forty centimetres.',
      category: 'furniture',
      condition: 'good',
      priceCents: 2500,
    })
  ).body.draft as Item
  const listing = (await alice.post(`/drafts/${draft.id}/publish`)).body.listing as Item
  expect(refusedAs(await alice.get(`/drafts/${draft.id}`), 'not found')).toBe(true)
  expect((await nobody.one('/listings?q=brass')).id).toBe(listing.id)

  const started = await bob.post('/conversations', { listingId: listing.id, text: 'Is it still there?' })
  const conversation = started.body.conversation as Item
  expect(ok(await alice.post(`/conversations/${conversation.id}/messages`, { text: 'It is.' }))).toBe(true)
  expect(await bob.items(`/conversations/${conversation.id}/messages`)).toHaveLength(2)

  const address = await bob.one('/addresses')
  const placed = await bob.post('/orders', { listingId: listing.id, addressId: address.id })
  const order = placed.body.order as Item
  expect(order.totalCents).toBe(2990)
  expect(refusedAs(await bob.post(`/orders/${order.id}/ship`, { trackingCode: 'AB12345678' }), 'not found')).toBe(false)
  expect(ok(await alice.post(`/orders/${order.id}/ship`, { trackingCode: 'AB12345678' }))).toBe(true)
  expect(ok(await bob.post(`/orders/${order.id}/receipt`))).toBe(true)
  expect(ok(await bob.post(`/orders/${order.id}/rating`, { stars: 5, comment: 'Quick' }))).toBe(true)
  expect((await nobody.one(`/members/${alice.id}/ratings`)).comment).toBe('Quick')
  expect(((await bob.get(`/orders/${order.id}/invoice`)).body.invoice as Json).totalCents).toBe(2990)
  expect((await alice.one('/wallet/entries')).amountCents).toBe(2751)

  const first = await alice.get('/orders?limit=5')
  const second = await alice.items(`/orders?limit=5&after=${first.body.next}`)
  expect(second.some(({ id }) => (first.body.items as Item[]).some((item) => item.id === id))).toBe(false)

  const coupon = (await dora.post('/admin/coupons', { memberId: bob.id, label: 'Sorry', valueCents: 700 })).body
    .coupon as Item
  expect(ok(await bob.post(`/coupons/${coupon.id}/redeem`))).toBe(true)
  expect(ok(await bob.post('/wallet/transfers', { toMemberId: alice.id, amountCents: 100 }))).toBe(true)
  expect(refusedAs(await bob.post('/wallet/transfers', { toMemberId: alice.id, amountCents: -1 }), 'invalid')).toBe(
    true,
  )
  expect(ok(await dora.post(`/admin/orders/${order.id}/refund`))).toBe(true)
  expect(refusedAs(await dora.get(`/orders/${order.id}`), 'not found')).toBe(true)
  expect(refusedAs(await bob.get('/admin/stats'), 'not allowed')).toBe(true)

  const other = await nobody.call('PUT', '/listings')
  expect([other.status, other.headers.get('Allow')]).toEqual([405, 'GET, POST, HEAD, OPTIONS'])
  expect((await nobody.get('/nowhere')).status).toBe(404)
  expect((await nobody.post('/session', JSON.stringify({ email: 'x'.repeat(70_000) }))).status).toBe(413)
  expect((await nobody.call('POST', '/session', 'a=b', { 'Content-Type': 'text/plain' })).status).toBe(415)
  const wallet = await bob.get('/wallet')
  expect(wallet.headers.get('Cache-Control')).toBe('no-store')
  expect(wallet.headers.get('X-Content-Type-Options')).toBe('nosniff')
  const pictured = await nobody.one('/listings?sort=price-up')
  const picture = await nobody.get(`/listings/${pictured.id}/images/${(pictured.images as Item[])[0]?.id}`)
  expect(picture.headers.get('Content-Type')).toBe('image/png')
  const allowed = await nobody.call('OPTIONS', '/orders', undefined, { Origin: 'https://www.market.example' })
  expect(allowed.headers.get('Access-Control-Allow-Origin')).toBe('https://www.market.example')
  expect(ok(await bob.call('DELETE', '/session'))).toBe(true)
}

describe.each([
  { name: 'planted', planted: true },
  { name: 'clean', planted: false },
])('market, $name', ({ planted }) => {
  let server: Started
  let world: World

  beforeAll(async () => {
    server = await start({ planted })
    world = await openWorld(server.url)
  })
  afterAll(() => server.close())

  it('works in normal use', () => normalUse(world))

  it('has a trial for every line of the table', () => {
    expect(truth.map(({ id }) => id)).toEqual(Object.keys(trials))
  })

  it.each(truth)(`$id ${planted ? 'shows' : 'does not show'}`, async ({ id }) => {
    expect(await trials[id]?.(world)).toBe(planted)
  })
})
