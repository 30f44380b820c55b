import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../src/base/clock.ts'
import { deviceTokens } from '../../src/identity/device-token.ts'
import { generateKeyRing } from '../../src/vault/index.ts'
import { type Bench, bench, PASSWORD, refusalOf } from './local-identity.ts'

const ACCOUNT = { free: 0, baseSeconds: 60, maxSeconds: 60, lockAfter: 3, lockSeconds: 900, forgetSeconds: 3600 }
const EMAIL = 'alice@example.com'

const login = (on: Bench, password: string, deviceToken?: string, email = EMAIL) =>
  on.request((context) => on.identity.service.login({ email, password, deviceToken }, context))

async function lockedOut() {
  const on = await bench({ guessing: { account: ACCOUNT } })
  const alice = await on.identity.provision({ email: EMAIL, password: PASSWORD })
  const { deviceToken } = await login(on, PASSWORD)
  await refusalOf(login(on, 'a stranger’s guess'))
  return { on: { ...on, alice: alice.id }, deviceToken }
}

describe('device tokens', () => {
  it('let the owner in while strangers keep the account locked, and nobody else', async () => {
    const { on, deviceToken } = await lockedOut()
    await refusalOf(login(on, PASSWORD))
    expect(await login(on, PASSWORD, deviceToken)).toMatchObject({ tokenType: 'Bearer' })
    // The owner's success gives the strangers no new guesses.
    await refusalOf(login(on, PASSWORD))
    for (const forged of [deviceToken.slice(0, -2), `${deviceToken}A`, 'dt_', deviceToken.replace('dt_', 'rt_')])
      await refusalOf(login(on, PASSWORD, forged))
  })

  it('have guesses of their own, and no password is spared', async () => {
    const { on, deviceToken } = await lockedOut()
    expect(await refusalOf(login(on, 'wrong', deviceToken))).toMatchObject({ code: 'invalid_credentials' })
    await refusalOf(login(on, PASSWORD, deviceToken))
    on.clock.advance(61_000)
    expect(await login(on, PASSWORD, deviceToken)).toMatchObject({ tokenType: 'Bearer' })
  })

  it('of one account are nothing to another, also after its password changed', async () => {
    const { on, deviceToken } = await lockedOut()
    const other = 'mallory@example.com'
    await on.identity.provision({ email: other, password: PASSWORD })
    const mallory = await login(on, PASSWORD, undefined, other)
    await refusalOf(login(on, PASSWORD, mallory.deviceToken))
    const { id, passwordHash } = await on.identity
      .provision({ email: 'carol@example.com', password: PASSWORD })
      .then(async (carol) => (await on.state.users.byIds([carol.id]))[0] as { id: string; passwordHash: string })
    const carol = await login(on, PASSWORD, undefined, 'carol@example.com')
    await refusalOf(login(on, 'wrong', undefined, 'carol@example.com'))
    const salted = (await on.state.users.byIds([on.alice]))[0]
    expect(salted?.passwordHash).not.toBe(passwordHash)
    await on.state.users.update(id, { passwordHash: salted?.passwordHash as string })
    await refusalOf(login(on, PASSWORD, carol.deviceToken, 'carol@example.com'))
    await refusalOf(login(on, PASSWORD, deviceToken, 'carol@example.com'))
  })

  it('stay one device when they are renewed, and end after 180 days', () => {
    const clock = new ManualClock()
    const tokens = deviceTokens(generateKeyRing(), 'https://api.example', clock)
    const first = tokens.read(EMAIL, tokens.issue(EMAIL, 'hash', null))
    const second = tokens.issue(EMAIL, 'other hash', first)
    expect(tokens.read(` ${EMAIL.toUpperCase()}`, second)?.id).toBe(first?.id)
    clock.advance(180 * 86_400_000)
    expect(tokens.read(EMAIL, second)).toBeNull()
  })

  it('are refused under another ring, issuer or address, and with any byte changed', () => {
    const clock = new ManualClock()
    const ring = generateKeyRing()
    const tokens = deviceTokens(ring, 'https://api.example', clock)
    const token = tokens.issue(EMAIL, 'hash', null)
    expect(tokens.read(EMAIL, token)?.knows('hash')).toBe(true)
    expect(tokens.read(EMAIL, token)?.knows('another')).toBe(false)
    expect(tokens.read('bob@example.com', token)).toBeNull()
    expect(deviceTokens(ring, 'https://other.example', clock).read(EMAIL, token)).toBeNull()
    expect(deviceTokens(generateKeyRing(), 'https://api.example', clock).read(EMAIL, token)).toBeNull()
    fc.assert(
      fc.property(fc.nat(token.length - 2), fc.constantFrom('x', '0', '.', '_', 'Z'), (at, character) => {
        const changed = token.slice(0, at) + character + token.slice(at + 1)
        // The last character of a MAC carries four bits, so it is left out above.
        expect(changed === token || tokens.read(EMAIL, changed) === null).toBe(true)
      }),
    )
  })
})
