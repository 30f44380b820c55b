import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ManualClock } from '../../src/base/clock.ts'
import { embedded } from '../../src/stores/embedded.ts'
import { memoryState } from '../../src/stores/memory.ts'
import type { State } from '../../src/stores/store.ts'
import { type Bench, bench, PASSWORD, principalOf, refusalOf, signUp } from './local-identity.ts'

const STORES: readonly (readonly [string, (clock: ManualClock) => Promise<State>])[] = [
  ['memory', async (clock) => memoryState({ clock })],
  ['embedded', (clock) => embedded(':memory:', { clock })],
]
const UNHURRIED = { free: 1000, baseSeconds: 1, maxSeconds: 1, lockAfter: 1000, lockSeconds: 1, forgetSeconds: 60 }

describe.each(STORES)('identity on %s', (_name, open) => {
  const clock = new ManualClock()
  let state: State
  beforeAll(async () => {
    state = await open(clock)
  })
  afterAll(() => state.close())

  /** A new issuer's users on the same database: its keys are new, so it meets nobody of the test before. */
  async function start(): Promise<Bench> {
    return bench(
      { guessing: { account: UNHURRIED, address: { failures: 1000, windowSeconds: 60 } }, scopes: () => ['a:read'] },
      state,
      clock,
    )
  }

  it('50 refreshes at once: one successor; used again later: the session is over, although the request rolls back', async () => {
    const on = await start()
    const { tokens } = await signUp(on)
    const refresh = (token: string) => on.request((context) => on.identity.service.refresh(token, context))
    const replies = await Promise.all(Array.from({ length: 50 }, () => refresh(tokens.refreshToken)))
    expect(new Set(replies.map(({ refreshToken }) => refreshToken)).size).toBe(1)
    on.clock.advance(10_000)
    await refusalOf(refresh(tokens.refreshToken))
    expect(on.audit.events.map(({ type }) => type)).toEqual(['session.reuse_detected'])
    for (const { accessToken, refreshToken } of replies.slice(0, 2)) {
      expect(await on.admit(accessToken)).toMatchObject({ rejected: 'invalid' })
      await refusalOf(refresh(refreshToken))
    }
  })

  it('40 wrong logins at once count exactly 40, and the right one clears them', async () => {
    const on = await start()
    await signUp(on)
    const login = (password: string) =>
      on.request((context) => on.identity.service.login({ email: 'alice@example.com', password }, context))
    await Promise.all(Array.from({ length: 40 }, () => refusalOf(login('x'))))
    expect((await refusalOf(login('x'))).detail).toContain('attempt 41')
    await login(PASSWORD)
    expect((await refusalOf(login('x'))).detail).toContain('attempt 1')
  })

  it('keys, roles, disabling and removal take effect at the next request', async () => {
    const on = await start()
    const { user, tokens, principal } = await signUp(on, 'alice@example.com', { tenantId: 't1' })
    const admin = (await signUp(on, 'root@example.com', { tenantId: 't1', roles: ['admin'] })).principal
    const { users, apiKeys } = on.identity.service
    const request = { name: 'k', scopes: ['a:read'], expiresInDays: 1 }
    const [first, second] = [
      await on.request((context) => apiKeys.create(request, context), principal),
      await on.request((context) => apiKeys.create(request, context), principal),
    ]
    expect(await principalOf(on, first.key)).toMatchObject({ kind: 'client', tokenId: first.apiKey.id })
    await on.request((context) => apiKeys.revoke(first.apiKey.id, context), principal)
    expect(await on.admit(first.key)).toMatchObject({ rejected: 'invalid' })
    await on.request((context) => users.setRoles(user.id, ['auditor'], context), admin)
    expect(await on.admit(tokens.accessToken)).toMatchObject({ rejected: 'invalid' })
    const again = await on.request((context) => on.identity.service.refresh(tokens.refreshToken, context))
    expect((await principalOf(on, again.accessToken)).roles).toEqual(['auditor'])
    expect((await users.list({ after: null, limit: 10 }, admin)).items.map(({ id }) => id)).toContain(user.id)
    expect(await users.byEmail('ALICE@example.com', admin)).toMatchObject({ id: user.id, roles: ['auditor'] })
    await on.request((context) => users.remove(user.id, context), admin)
    for (const credential of [again.accessToken, second.key]) {
      expect(await on.admit(credential)).toMatchObject({ rejected: 'invalid' })
    }
    expect(await users.byIds([user.id], admin)).toEqual([])
  })

  it('of many registrations with one address, one wins, and the others leave no key behind', async () => {
    const on = await start()
    const register = () =>
      on.request((context) => on.identity.service.register({ email: 'bob@example.com', password: PASSWORD }, context))
    const keysBefore = (await on.state.dataKeys.list(null, 100)).length
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, register))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await on.state.dataKeys.list(null, 100)).toHaveLength(keysBefore + 1)
  })

  it('sweeps away sessions that are over', async () => {
    const on = await start()
    const { user } = await signUp(on)
    expect(await on.state.sessions.listOf(user.id)).toHaveLength(1)
    on.clock.advance(100 * 86_400_000)
    await on.identity.sweep()
    expect(await on.state.sessions.listOf(user.id)).toEqual([])
  })
})
