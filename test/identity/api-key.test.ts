import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Context } from '../../src/contract/context.ts'
import { newApiKey, parseApiKey } from '../../src/identity/api-key-form.ts'
import { type Bench, bench, principalOf, refusalOf, signUp } from './local-identity.ts'

const SCOPES = (roles: readonly string[]) => [
  'invoices:read',
  'invoices:write',
  ...(roles.includes('admin') ? ['inventory:read'] : []),
]
const create = (
  on: Bench,
  principal: Context['principal'],
  scopes: readonly string[] = ['invoices:read'],
  expiresInDays = 30,
) =>
  on.request(
    (context) => on.identity.service.apiKeys.create({ name: 'build server', scopes, expiresInDays }, context),
    principal,
  )

describe('the form of an API key', () => {
  it('is tp_<id>_<secret>, in base62, with 256 random bits and a checksum', () => {
    const { key, id, hash } = newApiKey()
    expect(key).toMatch(/^tp_[0-9A-Za-z]{22}_[0-9A-Za-z]{49}$/)
    expect(parseApiKey(key)).toEqual({ id, hash })
  })

  it('is null with any one character changed, and for anything else', () => {
    const { key } = newApiKey()
    fc.assert(
      fc.property(fc.nat(key.length - 1), fc.constantFrom(...'0aZ_- é'), (at, character) => {
        fc.pre(key[at] !== character)
        expect(parseApiKey(key.slice(0, at) + character + key.slice(at + 1))).toBeNull()
      }),
      { numRuns: 500 },
    )
    fc.assert(fc.property(fc.string(), (text) => parseApiKey(text) === null))
    for (const text of ['', 'tp_', `${key} `, `${key}\n`, key.toLowerCase(), key.slice(0, -1), `${key}0`])
      expect(parseApiKey(text)).toBeNull()
  })
})

describe('API keys', () => {
  it('are clients of their owner: scopes, no roles, no session, no factor', async () => {
    const on = await bench({ scopes: SCOPES })
    const { principal } = await signUp(on, 'alice@example.com', { roles: ['admin'] })
    const { key, apiKey } = await create(on, principal)
    const client = await principalOf(on, key)
    expect(client).toEqual({
      kind: 'client',
      key: principal.key,
      issuer: principal.issuer,
      id: principal.id,
      tenant: principal.tenant,
      roles: [],
      scopes: ['invoices:read'],
      authenticatedAt: null,
      factors: 0,
      sessionId: null,
      tokenId: apiKey.id,
    })
    expect(apiKey).toMatchObject({
      ownerId: principal.id,
      tenantId: principal.tenant,
      name: 'build server',
      revokedAt: null,
    })
    expect(on.identity.authenticate({ scheme: 'bearer', value: key })).not.toBeInstanceOf(Promise)
  })

  it('are stored as hashes', async () => {
    const on = await bench({ scopes: SCOPES })
    const { principal } = await signUp(on)
    const { key, apiKey } = await create(on, principal)
    expect(JSON.stringify(await on.state.apiKeys.byId(apiKey.id))).not.toContain(key.split('_')[2])
  })

  it('one with the id of another and a secret of its own is refused', async () => {
    const on = await bench({ scopes: SCOPES })
    const { principal } = await signUp(on)
    const { apiKey } = await create(on, principal)
    const record = await on.state.apiKeys.byId(apiKey.id)
    if (!record) throw new Error('the key was not stored')
    // Well formed, and its id exists; its secret is another.
    const stranger = newApiKey()
    await on.state.apiKeys.insert({ ...record, id: stranger.id })
    expect(await on.admit(stranger.key)).toMatchObject({ rejected: 'invalid', detail: 'API key: unknown' })
  })

  it('revoked, they are refused at the next request, although they were verified before', async () => {
    const on = await bench({ scopes: SCOPES })
    const { principal } = await signUp(on)
    const { key, apiKey } = await create(on, principal)
    await principalOf(on, key)
    await on.request((context) => on.identity.service.apiKeys.revoke(apiKey.id, context), principal)
    expect(await on.admit(key)).toMatchObject({ rejected: 'invalid' })
    expect((await on.identity.service.apiKeys.byIds([apiKey.id], principal))[0]?.revokedAt).not.toBeNull()
  })

  it('expire, also from the cache', async () => {
    const on = await bench({ scopes: SCOPES })
    const { principal } = await signUp(on)
    const { key } = await create(on, principal, ['invoices:read'], 1)
    await principalOf(on, key)
    on.clock.advance(86_400_000 - 1)
    await principalOf(on, key)
    on.clock.advance(1)
    expect(await on.admit(key)).toMatchObject({ rejected: 'expired' })
  })

  it('survive signing out everywhere, and lose what their owner loses', async () => {
    const on = await bench({ scopes: SCOPES })
    const { user, principal } = await signUp(on, 'alice@example.com', { roles: ['admin'] })
    const [plain, wide] = [await create(on, principal), await create(on, principal, ['inventory:read'])]
    await on.request((context) => on.identity.service.logoutEverywhere(context), principal)
    for (const { key } of [plain, wide]) await principalOf(on, key)
    await on.request((context) => on.identity.service.users.setRoles(user.id, [], context), principal)
    await principalOf(on, plain.key)
    expect(await on.admit(wide.key)).toMatchObject({ rejected: 'invalid' })
  })

  it('say when they were used, once an hour', async () => {
    const on = await bench({ scopes: SCOPES })
    const { principal } = await signUp(on)
    const { key, apiKey } = await create(on, principal)
    const lastUsed = async () => (await on.state.apiKeys.byId(apiKey.id))?.lastUsedAt?.getTime() ?? null
    expect(await lastUsed()).toBeNull()
    const start = on.clock.now()
    await on.admit(key)
    expect(await lastUsed()).toBe(start)
    on.clock.advance(3_599_999)
    await on.admit(key)
    expect(await lastUsed()).toBe(start)
    on.clock.advance(1)
    await on.admit(key)
    expect(await lastUsed()).toBe(start + 3_600_000)
  })

  it('cannot have scopes that the owner lacks, nor a life beyond the policy, and are not too many', async () => {
    const on = await bench({ scopes: SCOPES, apiKeys: { maxPerUser: 2 } })
    const { principal } = await signUp(on)
    expect(await refusalOf(create(on, principal, ['invoices:read', 'inventory:read']))).toMatchObject({
      code: 'invalid_input',
      faults: [{ at: '/body/scopes/1' }],
    })
    expect(await refusalOf(create(on, principal, [], 366))).toMatchObject({ faults: [{ at: '/body/expiresInDays' }] })
    const first = await create(on, principal)
    await create(on, principal)
    expect(await refusalOf(create(on, principal))).toMatchObject({ code: 'conflict' })
    await on.request((context) => on.identity.service.apiKeys.revoke(first.apiKey.id, context), principal)
    await create(on, principal)
  })

  it('make no further keys, and end no sessions', async () => {
    const on = await bench({ scopes: SCOPES })
    const { principal } = await signUp(on)
    const client = await principalOf(on, (await create(on, principal)).key)
    expect(await refusalOf(create(on, client))).toMatchObject({ code: 'forbidden' })
    for (const work of ['logout', 'logoutEverywhere'] as const) {
      expect(await refusalOf(on.request((context) => on.identity.service[work](context), client))).toMatchObject({
        code: 'forbidden',
      })
    }
  })

  it('are listed page by page, each to its owner', async () => {
    const on = await bench({ scopes: SCOPES })
    const { principal } = await signUp(on)
    const other = await signUp(on, 'bob@example.com')
    const ids = [
      (await create(on, principal)).apiKey.id,
      (await create(on, principal)).apiKey.id,
      (await create(on, principal)).apiKey.id,
    ].sort()
    const first = await on.identity.service.apiKeys.list({ after: null, limit: 2 }, principal)
    const second = await on.identity.service.apiKeys.list({ after: first.next, limit: 2 }, principal)
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids)
    expect(second.next).toBeNull()
    expect((await on.identity.service.apiKeys.list({ after: null, limit: 2 }, other.principal)).items).toEqual([])
  })
})
