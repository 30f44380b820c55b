import { describe, expect, it } from 'vitest'
import { type Bench, bench, PASSWORD, principalOf, refusalOf, signUp } from './local-identity.ts'

const NEW = 'ottoman velvet 77 parsley'
type Change = { readonly currentPassword: string; readonly newPassword: string }

const change = (on: Bench, given: Partial<Change>, principal: Awaited<ReturnType<typeof signUp>>['principal']) =>
  on.request(
    (context) => on.identity.service.changePassword({ currentPassword: PASSWORD, newPassword: NEW, ...given }, context),
    principal,
  )
const login = (on: Bench, password: string, deviceToken?: string) =>
  on.request((context) => on.identity.service.login({ email: 'alice@example.com', password, deviceToken }, context))

describe('a change of the password', () => {
  it('ends all other sessions, keeps this one, and only the new password signs in', async () => {
    const on = await bench()
    const { principal, tokens } = await signUp(on)
    const other = await login(on, PASSWORD)
    await change(on, {}, principal)
    expect(await on.admit(other.accessToken)).toMatchObject({ rejected: 'invalid' })
    await refusalOf(on.request((context) => on.identity.service.refresh(other.refreshToken, context)))
    expect(await principalOf(on, tokens.accessToken)).toHaveProperty('id', principal.id)
    expect(await refusalOf(login(on, PASSWORD))).toMatchObject({ code: 'invalid_credentials' })
    expect(await login(on, NEW)).toMatchObject({ tokenType: 'Bearer' })
    expect(on.noted).toContain('user.password_changed')
  })

  it('asks for the present one, and counts guesses at it for this session', async () => {
    const account = { free: 1, baseSeconds: 60, maxSeconds: 60, lockAfter: 3, lockSeconds: 900, forgetSeconds: 3600 }
    const on = await bench({ guessing: { account } })
    const { principal } = await signUp(on)
    for (let guess = 0; guess < 2; guess++)
      expect(await refusalOf(change(on, { currentPassword: 'wrong' }, principal))).toMatchObject({
        code: 'invalid_credentials',
      })
    // The right one too, until the wait is over; the login has guesses of its own.
    expect(await refusalOf(change(on, {}, principal))).toMatchObject({ code: 'invalid_credentials' })
    expect(await login(on, PASSWORD)).toMatchObject({ tokenType: 'Bearer' })
    on.clock.advance(61_000)
    await change(on, {}, principal)
  })

  it('goes on while strangers hold the login of the account', async () => {
    const account = { free: 0, baseSeconds: 60, maxSeconds: 60, lockAfter: 3, lockSeconds: 900, forgetSeconds: 3600 }
    const on = await bench({ guessing: { account } })
    const { principal } = await signUp(on)
    await refusalOf(login(on, 'a stranger’s guess'))
    await refusalOf(login(on, PASSWORD))
    await change(on, {}, principal)
  })

  it.each([
    ['short', 'too short'],
    ['built from the address', 'alice@example.com alice'],
    ['common', 'password password 123'],
  ])('refuses one that is %s, and nothing is changed', async (_, newPassword) => {
    const on = await bench()
    const { principal } = await signUp(on)
    const other = await login(on, PASSWORD)
    const refused = await refusalOf(change(on, { newPassword }, principal))
    expect(refused).toMatchObject({ code: 'invalid_input', faults: [{ at: '/body/newPassword' }] })
    expect(await principalOf(on, other.accessToken)).toHaveProperty('kind', 'user')
    expect(await login(on, PASSWORD)).toMatchObject({ tokenType: 'Bearer' })
  })

  it('makes known devices strangers again', async () => {
    const account = { free: 0, baseSeconds: 60, maxSeconds: 60, lockAfter: 3, lockSeconds: 900, forgetSeconds: 3600 }
    const on = await bench({ guessing: { account } })
    const { principal } = await signUp(on)
    const { deviceToken } = await login(on, PASSWORD)
    await change(on, {}, principal)
    await refusalOf(login(on, 'a stranger’s guess'))
    expect(await refusalOf(login(on, NEW, deviceToken))).toMatchObject({ code: 'invalid_credentials' })
  })
})
