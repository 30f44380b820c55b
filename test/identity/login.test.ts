import { describe, expect, it, vi } from 'vitest'
import { ManualClock } from '../../src/base/clock.ts'
import { Secret } from '../../src/base/secret.ts'
import { memoryState } from '../../src/stores/memory.ts'
import type { State } from '../../src/stores/store.ts'
import { type Bench, bench, PASSWORD, refusalOf, signUp } from './local-identity.ts'

vi.mock('@node-rs/argon2', async (original) => {
  const module = await original<typeof import('@node-rs/argon2')>()
  return { ...module, verify: vi.fn(module.verify) }
})

const ACCOUNT = { free: 3, baseSeconds: 1, maxSeconds: 60, lockAfter: 10, lockSeconds: 900, forgetSeconds: 3600 }
const UNHURRIED = { ...ACCOUNT, free: 1000, lockAfter: 1000 }
const login = (on: Bench, email: string, password: string, address = '192.0.2.1') =>
  on.request((context) => on.identity.service.login({ email, password }, context), undefined, address)

describe('login', () => {
  it('gives tokens for the right password, whatever the spelling of the address', async () => {
    const on = await bench()
    await on.identity.provision({ email: 'Alice.Smith@Example.com', password: PASSWORD })
    for (const spelling of ['alice.smith@example.com', ' ALICE.SMITH@EXAMPLE.COM ', 'Alice.Smith@Example.com']) {
      expect(await login(on, spelling, PASSWORD)).toMatchObject({ tokenType: 'Bearer', expiresIn: 900 })
    }
    expect(on.noted.filter((event) => event === 'session.started')).toHaveLength(3)
  })

  it('answers unknown, wrong, waiting, locked and disabled alike, after the same number of hashes and store calls', async () => {
    const calls: string[] = []
    const state = counted(memoryState({ clock: new ManualClock() }), calls)
    const on = await bench({ guessing: { account: { ...ACCOUNT, free: 1, lockAfter: 3 } } }, state)
    for (const name of ['wrong', 'waiting', 'locked'])
      await on.identity.provision({ email: `${name}@example.com`, password: PASSWORD })
    const gone = await on.identity.provision({ email: 'disabled@example.com', password: PASSWORD })
    await state.users.update(gone.id, { disabled: true })
    const hashes = vi.mocked((await import('@node-rs/argon2')).verify)
    const observe = async (email: string, password: string) => {
      calls.length = 0
      hashes.mockClear()
      const { code, status, faults, headers, description, title } = await refusalOf(login(on, email, password))
      return {
        reply: { code, status, faults, headers, description, title },
        calls: [...calls],
        hashes: hashes.mock.calls.length,
      }
    }
    const wrong = await observe('wrong@example.com', 'x')
    await refusalOf(login(on, 'waiting@example.com', 'x'))
    await refusalOf(login(on, 'waiting@example.com', 'x'))
    await refusalOf(login(on, 'locked@example.com', 'x'))
    await refusalOf(login(on, 'locked@example.com', 'x'))
    on.clock.advance(1000)
    await refusalOf(login(on, 'locked@example.com', 'x'))
    const others = {
      unknown: await observe('nobody@example.com', 'x'),
      waiting: await observe('waiting@example.com', 'x'),
      locked: await observe('locked@example.com', PASSWORD),
      disabled: await observe('disabled@example.com', PASSWORD),
    }
    expect(wrong.reply).toMatchObject({ code: 'invalid_credentials', status: 401 })
    expect(wrong.hashes).toBe(1)
    expect(wrong.calls).toContain('users.byEmailIndex')
    for (const [name, other] of Object.entries(others)) expect({ name, ...other }).toEqual({ name, ...wrong })
  })

  it('counts 100 wrong logins at once exactly 100 times, although every request is rolled back', async () => {
    const on = await bench({ guessing: { account: UNHURRIED, address: { failures: 1000, windowSeconds: 60 } } })
    await on.identity.provision({ email: 'alice@example.com', password: PASSWORD })
    const codes = await Promise.all(
      Array.from({ length: 100 }, async () => (await refusalOf(login(on, 'alice@example.com', 'x'))).code),
    )
    // Two hash at a time and 64 may wait; whoever found no place was counted before.
    expect(codes.filter((code) => code === 'invalid_credentials')).toHaveLength(66)
    expect(codes.filter((code) => code === 'unavailable')).toHaveLength(34)
    const next = await refusalOf(login(on, 'alice@example.com', 'x'))
    expect(next.detail).toContain('attempt 101')
  })

  it('counts the address exactly as well, for every account together', async () => {
    const on = await bench({ guessing: { address: { failures: 20, windowSeconds: 60 } } })
    const codes = await Promise.all(
      Array.from({ length: 30 }, async (_, index) => (await refusalOf(login(on, `u${index}@example.com`, 'x'))).code),
    )
    expect(codes.filter((code) => code === 'locked')).toHaveLength(10)
    expect(await refusalOf(login(on, 'another@example.com', 'x'))).toMatchObject({
      code: 'locked',
      status: 429,
      headers: { 'retry-after': '60' },
    })
    expect((await refusalOf(login(on, 'another@example.com', 'x', '198.51.100.7'))).code).toBe('invalid_credentials')
    on.clock.advance(60_000)
    expect((await refusalOf(login(on, 'another@example.com', 'x'))).code).toBe('invalid_credentials')
  })

  it('one own success between guesses does not wipe out the failures of an address', async () => {
    const on = await bench({ guessing: { address: { failures: 6, windowSeconds: 60 } } })
    await on.identity.provision({ email: 'mallory@example.com', password: PASSWORD })
    const codes: string[] = []
    for (let guess = 0; guess < 7; guess++) {
      codes.push((await refusalOf(login(on, `victim${guess}@example.com`, 'x'))).code)
      if (guess < 5) await login(on, 'mallory@example.com', PASSWORD)
    }
    expect(codes).toEqual([...Array(6).fill('invalid_credentials'), 'locked'])
  })

  it('successes cost an address nothing', async () => {
    const on = await bench({ guessing: { address: { failures: 2, windowSeconds: 600 } } })
    await on.identity.provision({ email: 'alice@example.com', password: PASSWORD })
    for (let time = 0; time < 5; time++)
      expect(await login(on, 'alice@example.com', PASSWORD)).toHaveProperty('accessToken')
  })

  it('makes the account wait, twice as long each time, and locks it; the right password does not help meanwhile', async () => {
    const on = await bench({ guessing: { account: ACCOUNT } })
    await on.identity.provision({ email: 'alice@example.com', password: PASSWORD })
    for (let failure = 1; failure <= 4; failure++) await refusalOf(login(on, 'alice@example.com', 'x'))
    expect((await refusalOf(login(on, 'alice@example.com', PASSWORD))).detail).toContain('waiting after 4 failures')
    on.clock.advance(1000)
    await refusalOf(login(on, 'alice@example.com', 'x'))
    on.clock.advance(1999)
    expect((await refusalOf(login(on, 'alice@example.com', PASSWORD))).detail).toContain('waiting after 5 failures')
    on.clock.advance(1)
    for (let failure = 6; failure <= 10; failure++) {
      await refusalOf(login(on, 'alice@example.com', 'x'))
      on.clock.advance(60_000)
    }
    // Spelled in another way it is the same account.
    expect((await refusalOf(login(on, ' ALICE@example.COM', PASSWORD))).detail).toContain('locked after 10 failures')
    on.clock.advance(900_000)
    expect(await login(on, 'alice@example.com', PASSWORD)).toHaveProperty('accessToken')
    expect((await refusalOf(login(on, 'alice@example.com', 'x'))).detail).toContain('attempt 1')
  })

  it('hashes anew with the present parameters, and the old password still works', async () => {
    const state = memoryState({ clock: new ManualClock() })
    const keys = { old: new Secret<Uint8Array>(new Uint8Array(32).fill(7)) }
    const old = await bench({ passwordHash: { pepper: { active: 'old', keys } } }, state)
    const { user } = await signUp(old)
    const before = (await state.users.byIds([user.id]))[0]?.passwordHash
    expect(before).toMatch(/^pepper:old:\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    const stored = () => state.users.byIds([user.id]).then(([record]) => record?.passwordHash ?? '')
    const { passwordHasher } = await import('../../src/identity/password-hash.ts')
    const hasher = passwordHasher({
      passes: 3,
      pepper: { active: 'new', keys: { ...keys, new: new Secret<Uint8Array>(new Uint8Array(32).fill(9)) } },
    })
    expect(await hasher.verify(PASSWORD, await stored())).toBe(true)
    expect(hasher.needsRehash(await stored())).toBe(true)
    expect(hasher.needsRehash(await hasher.hash(PASSWORD))).toBe(false)
  })

  it('stores the new hash when the parameters changed', async () => {
    const on = await bench({ passwordHash: { passes: 3 } })
    const user = await on.identity.provision({ email: 'alice@example.com', password: PASSWORD })
    const { passwordHasher } = await import('../../src/identity/password-hash.ts')
    await on.state.users.update(user.id, { passwordHash: await passwordHasher({ algorithm: 'bcrypt' }).hash(PASSWORD) })
    await login(on, 'alice@example.com', PASSWORD)
    expect((await on.state.users.byIds([user.id]))[0]?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=3,p=1\$/)
    expect(await login(on, 'alice@example.com', PASSWORD)).toHaveProperty('accessToken')
  })
})

/** A state that writes down which of its methods were called. */
function counted(state: State, calls: string[]): State {
  const watch = <T extends object>(part: T, name: string): T =>
    new Proxy(part, {
      get(target, key) {
        const value = Reflect.get(target, key) as unknown
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          calls.push(`${name}.${String(key)}`)
          return value.apply(target, args)
        }
      },
    })
  return {
    ...state,
    users: watch(state.users, 'users'),
    attempts: watch(state.attempts, 'attempts'),
    quotas: watch(state.quotas, 'quotas'),
    sessions: watch(state.sessions, 'sessions'),
    revocations: watch(state.revocations, 'revocations'),
  }
}
