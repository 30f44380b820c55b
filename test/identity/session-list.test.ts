import { describe, expect, it } from 'vitest'
import { type Bench, bench, PASSWORD, principalOf, refusalOf, signUp } from './local-identity.ts'

const DAY = 86_400_000

async function signIn(on: Bench, email = 'alice@example.com') {
  const tokens = await on.request((context) => on.identity.service.login({ email, password: PASSWORD }, context))
  return { tokens, principal: await principalOf(on, tokens.accessToken) }
}

describe('the sessions of a user', () => {
  it('are listed newest first with device and address, the present one marked, and no token among it', async () => {
    const on = await bench()
    const first = await signUp(on)
    on.clock.advance(1000)
    const second = await signIn(on)
    const listed = await on.identity.service.sessions.list(second.principal)
    expect(listed.map(({ id, current }) => [id, current])).toEqual([
      [second.principal.sessionId, true],
      [first.principal.sessionId, false],
    ])
    expect(listed[0]).toMatchObject({ device: 'test', addressPrefix: '192.0.2.1', factors: 1 })
    expect(JSON.stringify(listed)).not.toContain(second.tokens.refreshToken)
  })

  it('end one by one: its access and refresh tokens are void at once, the others stay', async () => {
    const on = await bench()
    const first = await signUp(on)
    const second = await signIn(on)
    const { sessionId } = first.principal
    await on.request((context) => on.identity.service.sessions.end(sessionId as string, context), second.principal)
    expect(await on.admit(first.tokens.accessToken)).toMatchObject({ rejected: 'invalid' })
    await refusalOf(on.request((context) => on.identity.service.refresh(first.tokens.refreshToken, context)))
    expect(await on.identity.service.sessions.list(second.principal)).toHaveLength(1)
    expect(await principalOf(on, second.tokens.accessToken)).toHaveProperty('kind', 'user')
    expect(on.noted).toContain('session.ended')
  })

  it('end all but the present one', async () => {
    const on = await bench()
    const others = [await signUp(on), await signIn(on), await signIn(on)]
    const present = await signIn(on)
    await on.request((context) => on.identity.service.sessions.endOthers(context), present.principal)
    for (const { tokens } of others) expect(await on.admit(tokens.accessToken)).toMatchObject({ rejected: 'invalid' })
    expect(await principalOf(on, present.tokens.accessToken)).toHaveProperty('kind', 'user')
    expect(await on.identity.service.sessions.list(present.principal)).toHaveLength(1)
  })

  it('that ran out, idle or in all, are listed no more', async () => {
    const on = await bench({ refresh: { idleDays: 2, absoluteDays: 4 } })
    const { principal, tokens } = await signUp(on)
    on.clock.advance(DAY)
    await on.request((context) => on.identity.service.refresh(tokens.refreshToken, context))
    on.clock.advance(2 * DAY - 1)
    expect(await on.identity.service.sessions.list(principal)).toHaveLength(1)
    on.clock.advance(1)
    expect(await on.identity.service.sessions.list(principal)).toEqual([])
  })

  it('of one user are no other’s: they say whose they are, and who has no session ends no others', async () => {
    const on = await bench()
    const alice = await signUp(on)
    const bob = await signUp(on, 'bob@example.com')
    const [row] = await on.identity.service.sessions.byIds([alice.principal.sessionId as string], bob.principal)
    expect(row).toMatchObject({ userId: alice.principal.id, tenantId: alice.principal.tenant, current: false })
    const client = { ...bob.principal, kind: 'client' as const, sessionId: null }
    const refused = await refusalOf(on.request((context) => on.identity.service.sessions.endOthers(context), client))
    expect(refused).toMatchObject({ code: 'forbidden' })
  })
})
