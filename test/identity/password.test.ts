import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../src/base/secret.ts'
import { HashLine } from '../../src/identity/hash-line.ts'
import { passwordHasher } from '../../src/identity/password-hash.ts'
import { passwordPolicy } from '../../src/identity/password-policy.ts'
import { refusalOf } from './local-identity.ts'

const VECTORS = process.env.VECTORS
const common = VECTORS
  ? readFileSync(join(VECTORS, 'passwords', 'passwords.txt'), 'utf8')
      .split('\n')
      .map((line) => line.trim().replace(/\s+\d+$/, ''))
      .filter((word) => word !== '')
  : []

describe('password hashes', () => {
  it('argon2id by default, as OWASP recommends; another salt each time', async () => {
    const hasher = passwordHasher()
    const [a, b] = [await hasher.hash('secret words'), await hasher.hash('secret words')]
    expect(a).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(a).not.toBe(b)
    expect(await hasher.verify('secret words', a)).toBe(true)
    expect(await hasher.verify('Secret words', a)).toBe(false)
    expect(hasher.needsRehash(a)).toBe(false)
  })

  it('bcrypt with cost 12; each algorithm verifies the other’s hashes and wants them renewed', async () => {
    const bcrypt = passwordHasher({ algorithm: 'bcrypt' })
    const argon2 = passwordHasher()
    const stored = await bcrypt.hash('secret words')
    expect(stored).toMatch(/^\$2b\$12\$/)
    expect(await argon2.verify('secret words', stored)).toBe(true)
    expect(await argon2.verify('secret word', stored)).toBe(false)
    expect([bcrypt.needsRehash(stored), argon2.needsRehash(stored)]).toEqual([false, true])
    expect(bcrypt.needsRehash(await argon2.hash('secret words'))).toBe(true)
  })

  it.each<[string, string, 'argon2id' | 'bcrypt']>([
    ['73 bytes', 'a'.repeat(73), 'bcrypt'],
    ['72 characters of more than 72 bytes', `${'a'.repeat(71)}é`, 'bcrypt'],
    ['a NUL', 'secret\0words', 'bcrypt'],
    ['a NUL', 'secret\0words', 'argon2id'],
    ['half a surrogate pair', 'secret \ud83d words', 'argon2id'],
    ['half a surrogate pair', 'secret \udc00 words', 'bcrypt'],
  ])('refuses %s, never cuts it: %j with %s', async (_name, password, algorithm) => {
    const hasher = passwordHasher({ algorithm })
    expect(await refusalOf(hasher.hash(password))).toMatchObject({
      code: 'invalid_input',
      faults: [{ at: '/body/password' }],
    })
    // What it would have been cut to or mangled into does not match either.
    const stored = await hasher.hash(algorithm === 'bcrypt' ? 'a'.repeat(72) : 'secret \ufffd words')
    expect(await hasher.verify(password, stored)).toBe(false)
    expect(await hasher.verify(password, await hasher.hash('secret'))).toBe(false)
  })

  it('takes 72 bytes for bcrypt and every one of them counts', async () => {
    const hasher = passwordHasher({ algorithm: 'bcrypt' })
    const stored = await hasher.hash('a'.repeat(72))
    expect(await hasher.verify('a'.repeat(72), stored)).toBe(true)
    expect(await hasher.verify(`${'a'.repeat(71)}b`, stored)).toBe(false)
    expect(await hasher.verify('a'.repeat(73), stored)).toBe(false)
  })

  it.each(['argon2id', 'bcrypt'] as const)('%s: against nothing, nothing matches', async (algorithm) => {
    const hasher = passwordHasher({
      algorithm,
      pepper: { active: 'a', keys: { a: new Secret<Uint8Array>(new Uint8Array(32)) } },
    })
    for (const password of ['', 'x', 'a'.repeat(200), '\0']) expect(await hasher.verify(password, null)).toBe(false)
  })

  it.each([
    '',
    'plain',
    '$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$AAAA',
    '$1$abc$def',
    '$2b$12$short',
    'pepper:a:',
    'pepper:gone:$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21l$AAAA',
  ])('a damaged stored hash matches nothing: %j', async (stored) => {
    for (const password of ['', 'plain', stored])
      expect(
        await passwordHasher()
          .verify(password, stored)
          .catch(() => false),
      ).toBe(false)
  })

  it('with a pepper, the hash alone is not enough, and the old pepper serves until the hash is renewed', async () => {
    const keys = {
      a: new Secret<Uint8Array>(new Uint8Array(32).fill(1)),
      b: new Secret<Uint8Array>(new Uint8Array(32).fill(2)),
    }
    const old = passwordHasher({ pepper: { active: 'a', keys } })
    const stored = await old.hash('secret words')
    expect(stored).toMatch(/^pepper:a:\$argon2id/)
    expect(await passwordHasher().verify('secret words', stored)).toBe(false)
    expect(await passwordHasher().verify('secret words', stored.slice('pepper:a:'.length))).toBe(false)
    const next = passwordHasher({ pepper: { active: 'b', keys } })
    expect(await next.verify('secret words', stored)).toBe(true)
    expect(next.needsRehash(stored)).toBe(true)
  })

  it.each<[object, RegExp]>([
    [{ algorithm: 'bcrypt', cost: 11 }, /cost is 11; it must be a whole number from 12/],
    [{ memoryKiB: 1024 }, /memoryKiB is 1024/],
    [{ passes: 0 }, /passes is 0/],
    [{ maxRunning: 5 }, /maxRunning is 5/],
    [{ algorithm: 'md5' }, /argon2id or bcrypt/],
    [{ rounds: 12 }, /unknown key "rounds"/],
    [{ pepper: { active: 'a', keys: {} } }, /no key "a"/],
    [{ pepper: { active: 'a', keys: { a: new Secret(new Uint8Array(16)) } } }, /fewer than 32 bytes/],
  ])('refuses the configuration %j', (config, message) => {
    expect(() => passwordHasher(config)).toThrow(message)
  })
})

describe('the line before the hash', () => {
  it('lets two run, lets others wait in order, and refuses the rest at once', async () => {
    const line = new HashLine(2, 3)
    const running: (() => void)[] = []
    const order: number[] = []
    let most = 0
    const jobs = Array.from({ length: 6 }, (_, index) =>
      line.run(async () => {
        order.push(index)
        await new Promise<void>((done) => running.push(done))
        most = Math.max(most, running.length)
      }),
    )
    const refused = await refusalOf(jobs[5] as Promise<void>)
    expect(refused).toMatchObject({ code: 'unavailable', status: 503, headers: { 'retry-after': '1' } })
    expect(order).toEqual([0, 1])
    for (let step = 0; step < 5; step++) {
      running.shift()?.()
      await new Promise(setImmediate)
    }
    await Promise.all(jobs.slice(0, 5))
    expect(order).toEqual([0, 1, 2, 3, 4])
    expect(most).toBeLessThanOrEqual(2)
    expect(await line.run(async () => 'free again')).toBe('free again')
  })

  it('goes on after a failure', async () => {
    const line = new HashLine(1, 0)
    await expect(line.run(() => Promise.reject(new Error('no memory')))).rejects.toThrow('no memory')
    expect(await line.run(async () => 1)).toBe(1)
  })
})

describe('password policies', () => {
  const nist = passwordPolicy('nist')
  const composition = passwordPolicy('composition')

  it.each([
    'tangerine kayak 42 lantern',
    'korrekt Pferd Batterie',
    'ᚠᛇᚻ᛫ᛒᛦᚦ᛫ᚠᚱᚩᚠᚢᚱ᛫ᚠᛁᚱᚪ',
    'x9!kQ2#vBn7$Lp4',
    '🦊🐻🌵🎈🚲🪁🍉🧲🎻🛶🪐🧊🦉🌋🎲',
  ])('nist accepts %s', (password) => {
    expect(nist.faults(password, ['alice@example.com'])).toEqual([])
  })

  it.each([
    ['14 characters', 'tangerine kaya', /at least 15/],
    ['129 characters', 'k9'.repeat(64).concat('x'), /at most 128/],
    ['one character', 'aaaaaaaaaaaaaaaaaaaa', /easy to guess/],
    ['a run', 'abcdefghijklmnopqrstuvwxyz', /easy to guess/],
    ['digits in a row', '123456789012345', /easy to guess/],
    ['a word twice', 'passwordpassword', /easy to guess/],
    ['a word in disguise', 'P@$$w0rd-P@$$w0rd-1', /easy to guess/],
    ['the address of the person', 'alice.wonderland@', /easy to guess/],
    ['a short thing many times', 'k9k9k9k9k9k9k9k9', /easy to guess/],
  ])('nist refuses %s', (_name, password, message) => {
    expect(nist.faults(password, ['alice.wonderland@example.com', 'Alice Wonderland']).join()).toMatch(message)
  })

  it.each([
    ['Xk4!mnvq', []],
    ['Xk4!mnv', [/at least 8/]],
    ['xk4!mnvq', [/upper case/]],
    ['Xkx!mnvq', [/digit/]],
    ['Xk4zmnvq', [/special/]],
    ['xkqzmnvq', [/upper case/, /digit/, /special/]],
    ['Password1!', [/easy to guess/]],
  ])('composition says of %s: %j', (password, messages) => {
    const faults = composition.faults(password, [])
    expect(faults).toHaveLength(messages.length)
    for (const [index, message] of messages.entries()) expect(faults[index]).toMatch(message)
  })

  it('counts characters, not code units or bytes', () => {
    expect(nist.faults('🦊🐻🌵🎈🚲🪁🍉🧲🎻🛶🪐🧊🦉🌋', []).join()).toMatch(/at least 15/)
  })

  it('ends quickly on any text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.array(fc.string(), { maxLength: 4 }),
        (password, about) => {
          expect(Array.isArray(nist.faults(password, about))).toBe(true)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('takes a longer list', () => {
    const policy = passwordPolicy({
      rules: 'nist',
      blocklist: (password) => password === 'tangerine kayak 42 lantern',
      contextWords: ['turnpike'],
    })
    expect(policy.faults('tangerine kayak 42 lantern', []).join()).toMatch(/easy to guess/)
    expect(policy.faults('turnpike turnpike 1', []).join()).toMatch(/easy to guess/)
    expect(() => passwordPolicy({ rules: 'nist', blocklists: [] } as never)).toThrow(/unknown key blocklists/)
    expect(() => passwordPolicy('strong' as never)).toThrow(/nist or composition/)
  })

  describe.skipIf(!VECTORS)('47,023 common passwords (skipped without VECTORS)', () => {
    it('nist lets under one in a thousand through by itself, and none with the list plugged in', () => {
      const accepted = common.filter((password) => nist.faults(password, []).length === 0)
      expect(common.length).toBeGreaterThan(47_000)
      expect(accepted.length).toBeLessThan(common.length / 1000)
      const listed = new Set(common)
      const policy = passwordPolicy({ rules: 'nist', blocklist: (password) => listed.has(password) })
      expect(common.filter((password) => policy.faults(password, []).length === 0)).toEqual([])
    })

    it('composition lets under one in a thousand through', () => {
      expect(common.filter((password) => composition.faults(password, []).length === 0).length).toBeLessThan(
        common.length / 1000,
      )
    })
  })
})
