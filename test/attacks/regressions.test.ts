import { randomUUID } from 'node:crypto'
import { any, api, endpoint, nothing, owns, plain, reads, related, resource, role, signedIn } from 'turnpike'
import { beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { billing } from '../../examples/billing/api.ts'
import { memoryBilling, memoryTables } from '../../examples/billing/memory-billing.ts'
import { ManualClock } from '../../src/base/clock.ts'
import type { Endpoint } from '../../src/contract/endpoint.ts'
import { GUESS_DEFAULTS, guessGuard } from '../../src/identity/guess-guard.ts'
import type { Authenticated, IdentityFactory } from '../../src/identity/identity.ts'
import { memoryState } from '../../src/stores/memory.ts'
import { fakeIdentity } from '../support/fake-identity.ts'
import { smallGate } from '../support/small-gate.ts'

interface ThingRow {
  id: string
  ownerId: string
  tenantId: string
  phone: string
  score: number
}

const table = new Map<string, ThingRow>()
const viewers = new Set<string>()

/** Found only for whoever may read it, as under row-level security. */
const things = resource('thing', {
  schema: z.strictObject({
    id: z.uuid(),
    ownerId: z.string().max(20),
    tenantId: z.string().max(20),
    phone: z.string().max(40),
    score: z.int().min(0).max(9),
  }),
  id: 'id',
  owner: 'ownerId',
  tenant: 'tenantId',
  read: any(owns('thing'), related('viewer', 'thing'), role('admin')),
  relations: { viewer: (rows, principal) => rows.map(() => viewers.has(principal.id)) },
  fields: { phone: { read: role('billing'), mask: 'last4' }, score: { write: role('admin') } },
  find: (ids, { principal }) =>
    ids
      .flatMap((id) => table.get(id) ?? [])
      .filter((row) => row.ownerId === principal.id || viewers.has(principal.id) || principal.roles.includes('admin')),
})

const read = endpoint('GET /v1/things/:thing', {
  summary: 'Read',
  params: { thing: things },
  access: reads('thing'),
  limit: '5/minute',
  reply: things.view,
  handle: ({ thing }) => thing,
})

const echo = (body: z.ZodType, route: `POST /${string}` = 'POST /v1/echo'): Endpoint =>
  endpoint(route, {
    summary: 'Says what reached the handler',
    body: body as z.ZodType<unknown>,
    access: signedIn,
    limit: '100/minute',
    reply: plain(z.strictObject({ got: z.string().max(2000) }), 'what the caller has just sent'),
    handle: (input) => ({ got: JSON.stringify(input.body) }),
  })

function plant(): ThingRow {
  const row = { id: randomUUID(), ownerId: 'alice', tenantId: 'acme', phone: '555-0100-1234', score: 1 }
  table.set(row.id, row)
  return row
}

const gateOf = (...endpoints: Endpoint[]) =>
  smallGate({}, {}, api({ title: 'Regressions', endpoints: [read, ...endpoints] }))

beforeEach(() => {
  table.clear()
  viewers.clear()
})

describe('a revoked credential', () => {
  it('spends nothing of its owner’s budget, and tells nothing of it', async () => {
    /** `stolen.acme` is another token of alice. */
    const identity: IdentityFactory = (around) => {
      const fake = fakeIdentity(around)
      if (fake instanceof Promise) throw new TypeError('the fake identity opens at once')
      return {
        ...fake,
        authenticate(credential) {
          const stolen = credential.value === 'stolen.acme'
          const verified = fake.authenticate({
            ...credential,
            value: stolen ? 'alice.acme' : credential.value,
          }) as Authenticated
          return stolen
            ? { ...verified, principal: { ...verified.principal, sessionId: 'stolen', tokenId: 'stolen' } }
            : verified
        },
      }
    }
    const { call, gate } = await smallGate({}, { identity }, api({ title: 'Regressions', endpoints: [read] }))
    const { id } = plant()
    await gate.state.revocations.revoke('token', 'stolen', new Date(Date.now() + 3_600_000))
    for (let times = 0; times < 20; times++) {
      const refused = await call(`GET /v1/things/${id}`, { as: 'stolen.acme' })
      expect([refused.status, refused.headers.ratelimit]).toEqual([401, undefined])
    }
    const owner = await call(`GET /v1/things/${id}`, { as: 'alice.acme' })
    expect([owner.status, owner.headers.ratelimit]).toEqual([200, expect.stringContaining('r=4')])
  })
})

describe('a stored reply', () => {
  const touch = endpoint('POST /v1/things/:thing/touch', {
    summary: 'Touch',
    params: { thing: things },
    body: nothing,
    access: reads('thing'),
    clients: 'things:touch',
    limit: '100/minute',
    idempotency: 'required',
    reply: things.view,
    handle: ({ thing }) => thing,
  })
  const drop = endpoint('POST /v1/things/:thing/drop', {
    summary: 'Drop',
    params: { thing: things },
    body: nothing,
    access: owns('thing'),
    limit: '100/minute',
    idempotency: 'required',
    reply: nothing,
    handle: ({ thing }) => void table.delete(thing.id),
  })
  const headers = { 'idempotency-key': 'a-key-of-the-client' }

  it('is not for the same person with fewer rights: a role lost, or an API key', async () => {
    const { call } = await gateOf(touch)
    const { id, phone } = plant()
    const route = `POST /v1/things/${id}/touch`
    expect((await call(route, { as: 'alice.acme.billing', headers })).body.phone).toBe(phone)
    expect((await call(route, { as: 'alice.acme.billing', headers })).body.phone).toBe(phone)
    for (const as of ['alice.acme', 'key-alice.acme.things~touch']) {
      const again = await call(route, { as, headers })
      expect([again.status, JSON.stringify(again.body)], as).toEqual([422, expect.not.stringContaining(phone)])
    }
  })

  it('is not for whoever may no longer read the object, where the database hides it from him', async () => {
    const { call } = await gateOf(touch)
    const { id } = plant()
    viewers.add('bob')
    const route = `POST /v1/things/${id}/touch`
    expect((await call(route, { as: 'bob.acme', headers })).status).toBe(200)
    viewers.delete('bob')
    expect((await call(route, { as: 'bob.acme', headers })).status).toBe(404)
  })

  it('is repeated after the object is gone when it says nothing of it', async () => {
    const { call } = await gateOf(drop)
    const { id } = plant()
    expect((await call(`POST /v1/things/${id}/drop`, { as: 'alice.acme', headers })).status).toBe(204)
    const again = await call(`POST /v1/things/${id}/drop`, { as: 'alice.acme', headers })
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([204, 'true'])
  })
})

describe('an id in a body', () => {
  const moved = z.strictObject({ thing: things.ref }).transform(({ thing }) => ({ other: thing }))
  it.each<[string, z.ZodType, (id: string) => unknown]>([
    ['in a tuple', z.strictObject({ things: z.tuple([things.ref]) }), (id) => ({ things: [id] })],
    [
      'as the name of a member',
      z.strictObject({
        things: z.record(things.ref as unknown as z.ZodString, z.int().min(0).max(9)).meta({ maxProperties: 3 }),
      }),
      (id) => ({ things: { [id]: 1 } }),
    ],
    ['moved by a transform', moved, (id) => ({ thing: id })],
    [
      'changed by a codec',
      z.strictObject({
        thing: z.codec(things.ref as unknown as z.ZodUUID, z.strictObject({ id: z.uuid() }), {
          decode: (id) => ({ id }),
          encode: ({ id }) => id,
        }),
      }),
      (id) => ({ thing: id }),
    ],
  ])('never reaches a handler unauthorized: %s', async (_where, body, bodyOf) => {
    const { id } = plant()
    let reached = ''
    try {
      const { call } = await gateOf(echo(body))
      const answer = await call('POST /v1/echo', { as: 'bob.acme', body: bodyOf(id) })
      reached = `${answer.status} ${JSON.stringify(answer.body)}`
    } catch (error) {
      // Refused at start-up, with the place.
      expect(String(error)).toMatch(/moved-reference[\s\S]*POST \/v1\/echo: body/)
    }
    expect(reached).not.toContain(id)
  })
})

describe('a field that only some may set', () => {
  it.each<[string, z.ZodType, unknown, string]>([
    [
      'in an object',
      z.strictObject({ thing: z.strictObject({ score: z.int().min(0).max(9) }) }),
      { thing: { score: 9 } },
      '/body/thing/score',
    ],
    [
      'in a list',
      z.strictObject({ items: z.array(z.strictObject({ score: z.int().min(0).max(9).optional() })).max(3) }),
      { items: [{}, { score: 9 }] },
      '/body/items/1/score',
    ],
  ])('is refused however deep it stands: %s', async (_where, body, value, at) => {
    const change = endpoint('PATCH /v1/things/:thing', {
      summary: 'Change',
      params: { thing: things },
      body: body as z.ZodType<unknown>,
      access: reads('thing'),
      limit: '100/minute',
      reply: things.view,
      handle: ({ thing }) => thing,
    })
    const { call } = await gateOf(change)
    const { id } = plant()
    const refused = await call(`PATCH /v1/things/${id}`, { as: 'alice.acme', body: value })
    expect([refused.status, refused.body.faults?.[0]?.at ?? refused.body]).toEqual([400, at])
    expect((await call(`PATCH /v1/things/${id}`, { as: 'root.acme.admin', body: value })).status).toBe(200)
  })
})

describe('a GET', () => {
  it('loses no event that its handler audits', async () => {
    const exported = endpoint('GET /v1/export', {
      summary: 'Export',
      access: signedIn,
      limit: '100/minute',
      reply: nothing,
      handle: (_input, { audit }) => audit('export.read', { rows: 3 }),
    })
    const { call, audit } = await gateOf(exported)
    expect((await call('GET /v1/export', { as: 'alice.acme' })).status).toBe(204)
    expect(audit.events).toMatchObject([{ type: 'export.read', outcome: 'success', facts: { rows: 3 } }])
  })

  it('counts as a step that another one comes after', async () => {
    const seen = endpoint('GET /v1/terms', {
      summary: 'Read the terms',
      access: signedIn,
      limit: '100/minute',
      reply: nothing,
      handle: () => {},
    })
    const accepted = endpoint('POST /v1/terms', {
      summary: 'Accept the terms',
      body: nothing,
      access: signedIn,
      limit: '100/minute',
      reply: nothing,
      flow: { after: seen },
      handle: () => {},
    })
    const { call } = await gateOf(seen, accepted)
    expect((await call('POST /v1/terms', { as: 'alice.acme' })).status).toBe(409)
    expect((await call('GET /v1/terms', { as: 'alice.acme' })).status).toBe(204)
    expect((await call('POST /v1/terms', { as: 'bob.acme' })).status).toBe(409)
    expect((await call('POST /v1/terms', { as: 'alice.acme' })).status).toBe(204)
  })
})

describe('two requests on one invoice', () => {
  const [user, tenant] = [randomUUID(), randomUUID()]
  const as = `${user}.${tenant}`
  const key = () => ({ 'idempotency-key': randomUUID() })

  /** Whoever changes or removes an invoice waits for `first`, after he has read it. */
  async function raced(first: Promise<void>) {
    const data = memoryBilling(memoryTables())
    const late = {
      ...data,
      updateInvoice: async (id: string, changes: Parameters<typeof data.updateInvoice>[1]) => {
        await first
        return data.updateInvoice(id, changes)
      },
      removeInvoice: async (id: string) => {
        await first
        return data.removeInvoice(id)
      },
    }
    const { call } = await smallGate({}, { context: () => ({ billing: late }) as never }, billing)
    const made = await call('POST /api/v1/invoices', { as, body: { title: 'Hosting', total: 5000 } })
    expect(made.status).toBe(201)
    return { call, route: `/api/v1/invoices/${made.body.id}` }
  }

  it.each<[string, unknown]>([
    ['PATCH', { total: 1 }],
    ['DELETE', undefined],
  ])('a %s that began before the payment neither undoes nor cheapens it', async (method, body) => {
    let paid = () => {}
    const { call, route } = await raced(
      new Promise<void>((done) => {
        paid = done
      }),
    )
    const change = call(`${method} ${route}`, { as, ...(body === undefined ? {} : { body }) })
    expect((await call(`POST ${route}/pay`, { as, headers: key() })).body.amount).toBe(5000)
    paid()
    expect((await change).status).toBe(409)
    expect((await call(`GET ${route}`, { as })).body).toMatchObject({ status: 'paid', total: 5000 })
  })
})

describe('an address that failed too often', () => {
  it('locks no further account', async () => {
    const clock = new ManualClock()
    const state = memoryState({ clock })
    const guesses = guessGuard(state, clock, { ...GUESS_DEFAULTS, address: { failures: 2, windowSeconds: 60 } })
    const guess = (accountKey: string, addressKey: string) => guesses.begin({ accountKey, addressKey, deviceId: null })
    for (let times = 0; times < 2; times++) await guess('mallory', '192.0.2.1')
    for (let times = 0; times < 20; times++)
      await expect(guess('alice', '192.0.2.1')).rejects.toMatchObject({ code: 'locked' })
    expect(await guess('alice', '198.51.100.7')).toMatchObject({ allowed: true, detail: 'attempt 1' })
  })
})

describe('a contract in use', () => {
  it('cannot be changed by what runs behind it', () => {
    const open: string[] = []
    const seen = new Set<object>()
    const walk = (value: unknown, at: string): void => {
      if (
        typeof value !== 'object' ||
        value === null ||
        value instanceof Date ||
        '~standard' in value ||
        seen.has(value)
      )
        return
      seen.add(value)
      if (!Object.isFrozen(value)) open.push(at)
      for (const [name, member] of Object.entries(value)) walk(member, `${at}.${name}`)
    }
    walk(billing, 'api')
    expect(open).toEqual([])
    expect(seen.size).toBeGreaterThan(100)
  })
})

describe('a refusal', () => {
  it('repeats little of what was sent', async () => {
    const { call, audit } = await gateOf(echo(z.strictObject({ name: z.string().max(5).optional() })))
    const body = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`member${index}`, 1]))
    const refused = await call('POST /v1/echo', { as: 'alice.acme', body })
    expect([refused.status, JSON.stringify(refused.body).length < 8000]).toEqual([400, true])
    expect(audit.events[0]?.detail?.length).toBeLessThan(8000)
  })
})

describe('a database that does not answer', () => {
  it('holds a request until its deadline and no longer, and frees what it held', async () => {
    let answers = false
    const slow = resource('slow', {
      schema: z.strictObject({ id: z.uuid(), ownerId: z.string().max(20) }),
      id: 'id',
      owner: 'ownerId',
      tenant: null,
      find: (ids) => (answers ? ids.map((id) => ({ id, ownerId: 'alice' })) : new Promise<never>(() => {})),
    })
    const touch = endpoint('POST /v1/slow/:slow', {
      summary: 'Touch',
      params: { slow },
      body: nothing,
      access: owns('slow'),
      limit: { rate: '100/minute', timeout: '1s' },
      idempotency: 'required',
      reply: nothing,
      handle: () => {},
    })
    const { call } = await gateOf(touch)
    const route = `POST /v1/slow/${randomUUID()}`
    const headers = { 'idempotency-key': randomUUID() }
    expect((await call(route, { as: 'alice.acme', headers })).body.code).toBe('deadline_exceeded')
    answers = true
    expect((await call(route, { as: 'alice.acme', headers })).status).toBe(204)
  })
})

describe('settings', () => {
  it.each<[object, RegExp]>([
    [{ trustedProxies: ['0.0.0.0/0'] }, /is everybody/],
    [{ trustedProxies: ['::ffff:0.0.0.0/96'] }, /is everybody/],
    [{ trustedProxies: ['10.0.0.0/8', '::/0'] }, /is everybody/],
    [{ dangerouslyAllowPlainHttp: 'false' }, /must be true or false/],
  ])('%j do not start', async (settings, fault) => {
    await expect(smallGate({}, settings, api({ title: 'Regressions', endpoints: [read] }))).rejects.toThrow(fault)
  })
})

describe('an account that is deleted', () => {
  it('goes, also when the client sends an idempotency key', async () => {
    const gates: Awaited<ReturnType<typeof smallGate>>[] = []
    const leave = endpoint('POST /v1/me/delete', {
      summary: 'Delete the account',
      body: nothing,
      access: signedIn,
      limit: '100/minute',
      reply: nothing,
      handle: async (_input, { principal }) => await gates[0]?.gate.vault.destroy(principal.id),
    })
    gates.push(await gateOf(leave))
    const gone = await gates[0]?.call('POST /v1/me/delete', {
      as: 'alice.acme',
      headers: { 'idempotency-key': randomUUID() },
    })
    expect(gone?.status).toBe(204)
  })
})
