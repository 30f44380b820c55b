import { describe, expect, it } from 'vitest'
import { newRefreshToken, openSuccessor, refreshTokenHash, sealSuccessor } from '../../src/identity/refresh-token.ts'
import { type Bench, bench, PASSWORD, principalOf, refusalOf, signUp } from './local-identity.ts'

const DAY = 86_400_000
const refresh = (on: Bench, token: string) => on.request((context) => on.identity.service.refresh(token, context))

describe('refresh tokens', () => {
  it.each([2, 50, 100])(
    '%i refreshes at once give one distinct successor, and everybody stays signed in',
    async (count) => {
      const on = await bench()
      const { tokens } = await signUp(on)
      const replies = await Promise.all(Array.from({ length: count }, () => refresh(on, tokens.refreshToken)))
      const successors = new Set(replies.map((reply) => reply.refreshToken))
      expect(successors.size).toBe(1)
      expect(successors.has(tokens.refreshToken)).toBe(false)
      for (const { accessToken } of replies) expect(await principalOf(on, accessToken)).toHaveProperty('kind', 'user')
      // Two tabs that refreshed at once go on with the same token.
      expect(await refresh(on, [...successors][0] as string)).toHaveProperty('refreshToken')
      expect(on.audit.events).toEqual([])
    },
  )

  it('gives the same successor inside the window, and not a second later', async () => {
    const on = await bench()
    const { tokens } = await signUp(on)
    const first = await refresh(on, tokens.refreshToken)
    on.clock.advance(9999)
    expect((await refresh(on, tokens.refreshToken)).refreshToken).toBe(first.refreshToken)
    on.clock.advance(1)
    expect(await refusalOf(refresh(on, tokens.refreshToken))).toMatchObject({ code: 'invalid_credentials' })
  })

  it('used again after the window, it ends the session: successor, access tokens and all, with an alarm, although the request is refused', async () => {
    const on = await bench()
    const { tokens, principal } = await signUp(on)
    const first = await refresh(on, tokens.refreshToken)
    on.clock.advance(10_000)
    await refusalOf(refresh(on, tokens.refreshToken))
    expect(await refusalOf(refresh(on, first.refreshToken))).toMatchObject({ code: 'invalid_credentials' })
    for (const token of [tokens.accessToken, first.accessToken])
      expect(await on.admit(token)).toMatchObject({ rejected: 'invalid' })
    expect(on.audit.events).toEqual([
      expect.objectContaining({
        type: 'session.reuse_detected',
        objects: [`session:${principal.sessionId}`],
        principal: principal.key,
      }),
    ])
    // It alarms once; afterwards the session is just over.
    await refusalOf(refresh(on, tokens.refreshToken))
    expect(on.audit.events).toHaveLength(1)
  })

  it('used again inside the window, but after its successor was used, it ends the session', async () => {
    const on = await bench()
    const { tokens } = await signUp(on)
    const first = await refresh(on, tokens.refreshToken)
    const second = await refresh(on, first.refreshToken)
    await refusalOf(refresh(on, tokens.refreshToken))
    expect(await on.admit(second.accessToken)).toMatchObject({ rejected: 'invalid' })
    expect(on.audit.events).toHaveLength(1)
  })

  it('one session stolen leaves the others alone', async () => {
    const on = await bench()
    const { tokens } = await signUp(on)
    const other = await on.request((context) =>
      on.identity.service.login({ email: 'alice@example.com', password: PASSWORD }, context),
    )
    await refresh(on, tokens.refreshToken)
    on.clock.advance(10_000)
    await refusalOf(refresh(on, tokens.refreshToken))
    expect(await refresh(on, other.refreshToken)).toHaveProperty('accessToken')
  })

  it.each([
    ['an access token', (t: { accessToken: string }) => t.accessToken],
    ['nothing', () => ''],
    ['another random one', () => newRefreshToken()],
    ['a prefix of it', (t: { refreshToken: string }) => t.refreshToken.slice(0, -1)],
    ['it with a space', (t: { refreshToken: string }) => `${t.refreshToken} `],
    ['it in capitals', (t: { refreshToken: string }) => t.refreshToken.toUpperCase()],
    ['its hash', (t: { refreshToken: string }) => refreshTokenHash(t.refreshToken) ?? ''],
  ])('refuses %s', async (_name, make) => {
    const on = await bench()
    const { tokens } = await signUp(on)
    expect(await refusalOf(refresh(on, make(tokens)))).toMatchObject({ code: 'invalid_credentials', status: 401 })
    expect(await refresh(on, tokens.refreshToken)).toHaveProperty('accessToken')
  })

  it('are no access tokens', async () => {
    const on = await bench()
    const { tokens } = await signUp(on)
    expect(await on.admit(tokens.refreshToken)).toMatchObject({ rejected: 'invalid' })
  })

  it('expire when idle for 30 days, and in any case after 90', async () => {
    const on = await bench()
    const { tokens } = await signUp(on)
    on.clock.advance(30 * DAY - 1)
    let present = await refresh(on, tokens.refreshToken)
    on.clock.advance(30 * DAY - 1)
    present = await refresh(on, present.refreshToken)
    on.clock.advance(30 * DAY - 1)
    present = await refresh(on, present.refreshToken)
    on.clock.advance(3)
    expect((await refusalOf(refresh(on, present.refreshToken))).detail).toMatch(/expired/)
    const idle = await on.request((context) =>
      on.identity.service.login({ email: 'alice@example.com', password: PASSWORD }, context),
    )
    on.clock.advance(30 * DAY)
    expect((await refusalOf(refresh(on, idle.refreshToken))).detail).toMatch(/expired/)
  })

  it('keep when and how the user signed in', async () => {
    const on = await bench()
    const { tokens, principal } = await signUp(on)
    on.clock.advance(3600_000)
    const later = await principalOf(on, (await refresh(on, tokens.refreshToken)).accessToken)
    expect(later.authenticatedAt).toEqual(principal.authenticatedAt)
    expect(later.sessionId).toBe(principal.sessionId)
    expect(later.factors).toBe(1)
  })

  it('are stored as hashes; the kept successor opens with the token it replaced and nothing else, and goes with the sweep', async () => {
    const on = await bench()
    const { tokens } = await signUp(on)
    const { refreshToken } = await refresh(on, tokens.refreshToken)
    const hash = refreshTokenHash(tokens.refreshToken) as string
    const stored = await on.state.sessions.byRefreshHash(hash)
    expect(JSON.stringify(stored)).not.toContain(refreshToken)
    expect(JSON.stringify(stored)).not.toContain(tokens.refreshToken)
    const sealed = stored?.refresh.successorSealed as string
    expect(openSuccessor(tokens.refreshToken, sealed)).toBe(refreshToken)
    for (const other of [refreshToken, newRefreshToken(), hash]) expect(openSuccessor(other, sealed)).toBeNull()
    expect(sealSuccessor(tokens.refreshToken, refreshToken)).not.toBe(sealSuccessor(tokens.refreshToken, refreshToken))
    on.clock.advance(10_001)
    await on.identity.sweep()
    expect((await on.state.sessions.byRefreshHash(hash))?.refresh.successorSealed).toBeNull()
  })
})

describe('the end of sessions', () => {
  it('logout: access and refresh token of this session are refused from the next request on, others go on', async () => {
    const on = await bench()
    const { tokens, principal } = await signUp(on)
    const other = await on.request((context) =>
      on.identity.service.login({ email: 'alice@example.com', password: PASSWORD }, context),
    )
    await on.request((context) => on.identity.service.logout(context), principal)
    expect(await on.admit(tokens.accessToken)).toMatchObject({ rejected: 'invalid' })
    await refusalOf(refresh(on, tokens.refreshToken))
    expect(await principalOf(on, other.accessToken)).toHaveProperty('kind', 'user')
    expect(on.noted).toContain('session.ended')
  })

  it('logout everywhere: every session; a new login works at once', async () => {
    const on = await bench()
    const { tokens, principal } = await signUp(on)
    const other = await on.request((context) =>
      on.identity.service.login({ email: 'alice@example.com', password: PASSWORD }, context),
    )
    await on.request((context) => on.identity.service.logoutEverywhere(context), principal)
    for (const { accessToken, refreshToken } of [tokens, other]) {
      expect(await on.admit(accessToken)).toMatchObject({ rejected: 'invalid' })
      await refusalOf(refresh(on, refreshToken))
    }
    const again = await on.request((context) =>
      on.identity.service.login({ email: 'alice@example.com', password: PASSWORD }, context),
    )
    expect(await principalOf(on, again.accessToken)).toHaveProperty('kind', 'user')
  })

  it('a role change refuses tokens that name the old roles; the session goes on with the new ones', async () => {
    const on = await bench()
    const { user, tokens, principal } = await signUp(on, 'alice@example.com', { roles: ['admin'] })
    expect(principal.roles).toEqual(['admin'])
    await on.request((context) => on.identity.service.users.setRoles(user.id, [], context), principal)
    expect(await on.admit(tokens.accessToken)).toMatchObject({ rejected: 'invalid' })
    expect((await principalOf(on, (await refresh(on, tokens.refreshToken)).accessToken)).roles).toEqual([])
  })

  it('the same roles in another order change nothing', async () => {
    const on = await bench()
    const { user, tokens, principal } = await signUp(on, 'alice@example.com', { roles: ['a', 'b'] })
    await on.request((context) => on.identity.service.users.setRoles(user.id, ['b', 'a'], context), principal)
    expect(await principalOf(on, tokens.accessToken)).toHaveProperty('roles', ['a', 'b'])
    expect(on.noted).not.toContain('user.roles_changed')
  })

  it('a disabled user gets nothing by any grant, and by login the answer of a wrong password; enabled again, he signs in', async () => {
    const on = await bench({ scopes: () => ['a:read'] })
    const { user, tokens, principal } = await signUp(on)
    const { key } = await on.request(
      (context) => on.identity.service.apiKeys.create({ name: 'k', scopes: ['a:read'], expiresInDays: 1 }, context),
      principal,
    )
    expect(await principalOf(on, key)).toHaveProperty('kind', 'client')
    const login = () =>
      on.request((context) => on.identity.service.login({ email: 'alice@example.com', password: PASSWORD }, context))
    await on.request((context) => on.identity.service.users.setDisabled(user.id, true, context), principal)
    for (const credential of [tokens.accessToken, key])
      expect(await on.admit(credential)).toMatchObject({ rejected: 'invalid' })
    expect(await refusalOf(refresh(on, tokens.refreshToken))).toMatchObject({ code: 'invalid_credentials' })
    expect(await refusalOf(login())).toMatchObject({ code: 'invalid_credentials' })
    await on.request((context) => on.identity.service.users.setDisabled(user.id, false, context), principal)
    expect(await login()).toHaveProperty('accessToken')
  })

  it('a refresh that was refused left nothing behind, and one that failed later keeps its successor for the retry', async () => {
    const on = await bench()
    const { tokens } = await signUp(on)
    let handed = ''
    const failing = on.request(async (context) => {
      handed = (await on.identity.service.refresh(tokens.refreshToken, context)).refreshToken
      throw new Error('the reply was lost')
    })
    await expect(failing).rejects.toThrow('lost')
    expect((await refresh(on, tokens.refreshToken)).refreshToken).toBe(handed)
  })
})
