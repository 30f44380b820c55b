import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { normalizeEmail } from '../../src/identity/email-address.ts'
import { local } from '../../src/identity/local.ts'
import type { LocalConfig } from '../../src/identity/local-config.ts'
import type { UserRow } from '../../src/identity/service.ts'
import { generateTokenKeys } from '../../src/identity/token-keys.ts'
import { memoryState } from '../../src/stores/memory.ts'
import { createVault, generateKeyRing } from '../../src/vault/index.ts'
import { type Bench, bench, PASSWORD, principalOf, refusalOf } from './local-identity.ts'

const profile = z.strictObject({
  name: z.string().trim().min(2).max(50),
  age: z.int().min(13).max(120),
  taxNumber: z.string().max(20).optional(),
})
const CONFIG = {
  profile,
  sealedProfile: ['taxNumber'],
  passwordPolicy: 'composition',
  scopes: () => ['a:read'],
} as const satisfies Partial<LocalConfig>
const ALICE = { email: ' Alice@Example.com', password: 'Kx9!vmqLtz', name: 'Alice', age: 30, taxNumber: '12/345/67890' }
const register = (on: Bench, more: object = {}) =>
  on.request((context) => on.identity.service.register({ ...ALICE, ...more }, context))

describe('register', () => {
  it('makes a user in a tenant of his own and answers in clear; the database holds sealed text', async () => {
    const on = await bench(CONFIG)
    const user = await register(on)
    expect(user).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      tenantId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      email: 'Alice@Example.com',
      roles: [],
      disabled: false,
      createdAt: new Date(on.clock.now()).toISOString(),
      name: 'Alice',
      age: 30,
      taxNumber: '12/345/67890',
    })
    const [record] = await on.state.users.byIds([user.id])
    const stored = JSON.stringify(record)
    for (const secret of ['Alice@', 'alice@', '12/345', ALICE.password]) expect(stored).not.toContain(secret)
    expect(record?.profile).toMatchObject({ name: 'Alice', age: 30 })
    expect(on.noted).toEqual(['user.registered'])
  })

  it('an address is taken in every spelling, and the refused request leaves nothing behind', async () => {
    const on = await bench(CONFIG)
    await register(on)
    for (const email of ['alice@example.com', 'ALICE@EXAMPLE.COM ', '\talice@example.com']) {
      expect(await refusalOf(register(on, { email }))).toMatchObject({ code: 'conflict' })
    }
    expect(await on.state.dataKeys.list(null, 10)).toHaveLength(1)
  })

  it('of many at once with one address, one wins', async () => {
    const on = await bench(CONFIG)
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => register(on)))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('names every fault of the password at once, and knows what the person is called', async () => {
    const on = await bench(CONFIG)
    expect(await refusalOf(register(on, { password: 'short' }))).toMatchObject({
      code: 'invalid_input',
      status: 400,
      faults: [
        { at: '/body/password', message: 'must have at least 8 characters' },
        { at: '/body/password', message: 'must have an upper case letter' },
        { at: '/body/password', message: 'must have a digit' },
        { at: '/body/password', message: 'must have a special character' },
      ],
    })
    expect(await refusalOf(register(on, { password: 'Alice-1!', name: 'Alice' }))).toMatchObject({
      faults: [{ message: 'is too easy to guess' }],
    })
  })

  it('takes tenant and roles from nobody but the configuration', async () => {
    const on = await bench({
      ...CONFIG,
      tenantFor: async ({ email, profile: { name } }) => `${email.trim().split('@')[1]}-${String(name)}`,
      defaultRoles: ['member'],
    })
    expect(
      await register(on, { roles: ['admin'], tenantId: 'other', id: 'x', disabled: true, role: 'admin' }),
    ).toMatchObject({ roles: ['member'], tenantId: 'Example.com-Alice', disabled: false })
  })

  it('provision validates the profile and sets tenant and roles', async () => {
    const on = await bench(CONFIG)
    expect(await refusalOf(on.identity.provision({ ...ALICE, age: 5 }))).toMatchObject({
      faults: [{ at: '/body/age' }],
    })
    expect(await on.identity.provision({ ...ALICE, name: '  Al  ', tenantId: 't1', roles: ['admin'] })).toMatchObject({
      name: 'Al',
      tenantId: 't1',
      roles: ['admin'],
    })
  })
})

describe('users', () => {
  async function people() {
    const on = await bench(CONFIG)
    const made = async (email: string, tenantId: string, roles: string[] = []) => {
      const user = await on.identity.provision({ ...ALICE, email, password: `${PASSWORD}!A`, tenantId, roles })
      const tokens = await on.request((context) =>
        on.identity.service.login({ email, password: `${PASSWORD}!A` }, context),
      )
      return { user, tokens, principal: await principalOf(on, tokens.accessToken) }
    }
    return {
      on,
      alice: await made('alice@example.com', 't1'),
      bob: await made('bob@example.com', 't1'),
      admin: await made('admin@example.com', 't1', ['admin']),
      carol: await made('carol@example.com', 't2'),
    }
  }

  it('me, byIds, list and byEmail stay inside the tenant', async () => {
    const { on, alice, bob, admin, carol } = await people()
    const { users } = on.identity.service
    expect(await on.request((context) => on.identity.service.me(context), alice.principal)).toMatchObject({
      id: alice.user.id,
    })
    const first = await users.list({ after: null, limit: 2 }, admin.principal)
    const second = await users.list({ after: first.next, limit: 2 }, admin.principal)
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(
      [alice, bob, admin].map(({ user }) => user.id).sort(),
    )
    expect(second.next).toBeNull()
    expect(await users.byEmail(' BOB@example.com', admin.principal)).toMatchObject({ id: bob.user.id })
    expect(await users.byEmail('carol@example.com', admin.principal)).toBeNull()
    expect(await users.byEmail('nobody@example.com', admin.principal)).toBeNull()
    expect(await users.list({ after: null, limit: 10 }, { ...carol.principal, tenant: null })).toEqual({
      items: [],
      next: null,
    })
    for (const row of first.items) expect(row).not.toHaveProperty('passwordHash')
  })

  it('update changes declared profile fields only, and seals what is sealed', async () => {
    const { on, alice } = await people()
    const changes = {
      name: 'Alicia',
      taxNumber: 'secret-77',
      passwordHash: 'x',
      tenantId: 't2',
      id: 'x',
      emailIndex: 'x',
      __proto__: { polluted: true },
    }
    const row = await on.request(
      (context) => on.identity.service.users.update(alice.user.id, changes, context),
      alice.principal,
    )
    expect(row).toMatchObject({ name: 'Alicia', age: 30, id: alice.user.id, tenantId: 't1' })
    const [record] = await on.state.users.byIds([alice.user.id])
    expect(JSON.stringify(record)).not.toContain('secret-77')
    expect(Object.keys(record?.profile ?? {}).sort()).toEqual(['age', 'name', 'taxNumber'])
    expect(
      await on.request((context) =>
        on.identity.service.login({ email: 'alice@example.com', password: `${PASSWORD}!A` }, context),
      ),
    ).toHaveProperty('accessToken')
  })

  it('another address: by the user alone, freshly signed in, and not one that is taken', async () => {
    const { on, alice, admin } = await people()
    const change = (email: string, principal = alice.principal) =>
      on.request((context) => on.identity.service.users.update(alice.user.id, { email }, context), principal)
    expect(await refusalOf(change('x@example.com', admin.principal))).toMatchObject({ code: 'forbidden' })
    expect(await refusalOf(change('BOB@example.com'))).toMatchObject({ code: 'conflict' })
    await change('alice.new@example.com')
    on.clock.advance(300_001)
    expect(await refusalOf(change('late@example.com'))).toMatchObject({ code: 'step_up_required', status: 401 })
    const login = (email: string) =>
      on.request((context) => on.identity.service.login({ email, password: `${PASSWORD}!A` }, context))
    expect(await login('alice.new@example.com')).toHaveProperty('accessToken')
    expect(await refusalOf(login('alice@example.com'))).toMatchObject({ code: 'invalid_credentials' })
  })

  it('roles and disabled go through update as well, and take effect at once', async () => {
    const { on, bob, admin } = await people()
    await on.request(
      (context) => on.identity.service.users.update(bob.user.id, { roles: ['auditor'] }, context),
      admin.principal,
    )
    expect(await on.admit(bob.tokens.accessToken)).toMatchObject({ rejected: 'invalid' })
    await on.request(
      (context) => on.identity.service.users.update(bob.user.id, { disabled: true }, context),
      admin.principal,
    )
    expect((await on.identity.service.users.byIds([bob.user.id], admin.principal))[0]).toMatchObject({
      roles: ['auditor'],
      disabled: true,
    })
    expect(on.noted).toEqual(expect.arrayContaining(['user.roles_changed', 'user.disabled']))
  })

  it('remove ends everything of the user, and what was sealed for him stays closed', async () => {
    const { on, bob, admin } = await people()
    const { key } = await on.request(
      (context) => on.identity.service.apiKeys.create({ name: 'k', scopes: ['a:read'], expiresInDays: 1 }, context),
      bob.principal,
    )
    const sealed = bob.user.email
    await on.request((context) => on.identity.service.users.remove(bob.user.id, context), admin.principal)
    for (const credential of [bob.tokens.accessToken, key])
      expect(await on.admit(credential)).toMatchObject({ rejected: 'invalid' })
    expect(
      await refusalOf(on.request((context) => on.identity.service.refresh(bob.tokens.refreshToken, context))),
    ).toMatchObject({ code: 'invalid_credentials' })
    expect(await on.state.users.byIds([bob.user.id])).toEqual([])
    expect(await on.state.dataKeys.load([bob.user.id])).toEqual([])
    expect(sealed).not.toContain('bob')
    expect(
      await refusalOf(on.request((context) => on.identity.service.users.remove(bob.user.id, context), admin.principal)),
    ).toMatchObject({ code: 'not_found' })
    // The address is free again, for another person with another id.
    expect((await on.identity.provision({ ...ALICE, email: 'bob@example.com' })).id).not.toBe(bob.user.id)
  })

  it('e-mail addresses have one normal form', () => {
    expect(normalizeEmail('  ÄRGER@Example.COM ')).toBe('ärger@example.com')
    expect(normalizeEmail('A\u0308rger@example.com')).toBe(normalizeEmail('ärger@example.com'))
  })

  it('sealed values open in the place that the user resource names', async () => {
    const state = memoryState()
    const ring = generateKeyRing()
    const vault = createVault({ ring, dataKeys: state.dataKeys })
    const { systemClock } = await import('../../src/base/clock.ts')
    const audit = { append: async () => {}, note: () => {}, flush: async () => {}, close: async () => {} }
    const identity = await local({ issuer: 'i', audience: 'a', tokenKeys: await generateTokenKeys(), ...CONFIG })({
      state,
      vault,
      ring,
      clock: systemClock,
      audit,
    })
    const row: UserRow = await identity.provision({ ...ALICE })
    const place = (column: string) => ({ tenant: row.tenantId, table: 'user', column, id: row.id, subject: row.id })
    expect(await vault.open(row.email, place('email'))).toBe('Alice@Example.com')
    expect(await vault.open(String(row.taxNumber), place('taxNumber'))).toBe('12/345/67890')
  })
})

describe('the configuration of local identity', () => {
  it('is refused with every fault at once', async () => {
    const bad = {
      issuer: 'with space',
      audience: '',
      tokenKeys: 'secret',
      accessTokenSeconds: 1e6,
      refresh: { idleDays: 100, absoluteDays: 90 },
      passwordPolicy: 'strong',
      passwordHash: { algorithm: 'bcrypt', cost: 4 },
      guessing: { account: { free: -1 } },
      profile: {},
      tenantFor: 'x',
      scopes: [],
      apiKeys: { days: 1 },
      cacheSize: 0,
      jwtSecret: 'hunter2',
    }
    const fault = (() => {
      try {
        local(bad as never)
      } catch (error) {
        return error as Error
      }
      throw new Error('it was accepted')
    })()
    expect(fault).toBeInstanceOf(TypeError)
    for (const word of [
      'issuer',
      'audience',
      'tokenKeys',
      'accessTokenSeconds',
      'idleDays',
      'passwordPolicy',
      'cost is 4',
      'guessing.account.free',
      'profile',
      'tenantFor',
      'scopes',
      'apiKeys',
      'cacheSize',
      'jwtSecret',
    ]) {
      expect(fault.message).toContain(word)
    }
    expect(fault.message).not.toContain('hunter2')
    const good = { issuer: 'i', audience: 'a', tokenKeys: await generateTokenKeys() }
    expect(() => local({ ...good, sealedProfile: ['card'] })).toThrow(/the profile has no card/)
    expect(() => local(good)).not.toThrow()
  })

  it('missing keys are a fault, never a default', () => {
    expect(() => local({ issuer: 'i', audience: 'a' } as never)).toThrow(/tokenKeys/)
  })
})
