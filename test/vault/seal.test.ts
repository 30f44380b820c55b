import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { Refusal } from '../../src/base/refusal.ts'
import { createVault, generateKeyRing, type Place, type Vault } from '../../src/vault/index.ts'
import { MemoryDataKeys } from './memory-data-keys.ts'

const place: Place = { tenant: 't1', table: 'invoices', column: 'card', id: 'i1', subject: 'alice' }
const lone = fc.tuple(
  fc.string({ unit: 'grapheme' }),
  fc.integer({ min: 0xd800, max: 0xdfff }),
  fc.string({ unit: 'grapheme' }),
)

let store: MemoryDataKeys
let vault: Vault
beforeEach(() => {
  store = new MemoryDataKeys()
  vault = createVault({ ring: generateKeyRing(), dataKeys: store })
})

describe('seal and open', () => {
  it('give back every text, number and boolean', async () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
    )
    await fc.assert(
      fc.asyncProperty(value, async (given) => {
        const text = await vault.seal(given, place)
        expect(vault.isSealed(text)).toBe(true)
        expect(await vault.open(text, place)).toBe(given)
        expect(vault.openSync(text, place)).toBe(given)
      }),
      { numRuns: 300 },
    )
  })

  it.each([[-0], [0], [Number.MAX_VALUE], [5e-324], [''], ['  '], ['\0'], ['-0'], ['"'], ['\u2028'], [false]])(
    'give back %j as it was',
    async (value) => {
      expect(await vault.open(await vault.seal(value, place), place)).toBe(value)
    },
  )

  it('refuse a text with a lone surrogate, in the value and in the place', async () => {
    await fc.assert(
      fc.asyncProperty(lone, async ([before, unit, after]) => {
        const text = `${before} ${String.fromCharCode(unit)} ${after}`
        await expect(vault.seal(text, place)).rejects.toThrow(TypeError)
        await expect(vault.seal('x', { ...place, id: text })).rejects.toThrow(TypeError)
      }),
      { numRuns: 50 },
    )
  })

  it.each([[Number.NaN], [Number.POSITIVE_INFINITY], [null], [undefined], [{}], [['a']], [1n]])(
    'refuse the value %s',
    async (value) => {
      await expect(vault.seal(value as never, place)).rejects.toThrow(TypeError)
    },
  )

  it('never give the same text twice', async () => {
    const texts = await Promise.all(Array.from({ length: 200 }, () => vault.seal('same', place)))
    expect(new Set(texts).size).toBe(200)
  })

  it('hide short values behind one length', async () => {
    const values = [true, false, 0, 123_456_789, '', 'bob@example.com', 'alice.longname@example.com']
    const lengths = await Promise.all(values.map(async (value) => (await vault.seal(value, place)).length))
    expect(new Set(lengths).size).toBe(1)
  })

  it('refuse the text after any bit of it was flipped', async () => {
    const text = await vault.seal('4111 1111 1111 1111', place)
    const bytes = Buffer.from(text.slice(3), 'base64url')
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
      const refused = await vault.open(`s1.${flipped.toString('base64url')}`, place).catch((error: unknown) => error)
      expect(refused).toBeInstanceOf(Refusal)
    }
  })

  it('refuse the text after any character of it was changed, added or taken', async () => {
    const text = await vault.seal('value', place)
    await fc.assert(
      fc.asyncProperty(
        fc.nat(text.length - 1),
        fc.string({ unit: 'binary', maxLength: 2 }),
        fc.nat(1),
        async (at, put, cut) => {
          const changed = text.slice(0, at) + put + text.slice(at + cut)
          fc.pre(changed !== text)
          await expect(vault.open(changed, place)).rejects.toMatchObject({ code: 'internal' })
        },
      ),
      { numRuns: 300 },
    )
  })

  it.each([
    ['padding', (text: string) => `${text}==`],
    ['a line end', (text: string) => `${text}\n`],
    ['white space before', (text: string) => ` ${text}`],
    ['white space inside', (text: string) => `${text.slice(0, 20)} ${text.slice(20)}`],
    ['plain base64', (text: string) => `s1.${Buffer.from(text.slice(3), 'base64url').toString('base64')}`],
    [
      'spare bits set in the last character',
      (text: string) => text.slice(0, -1) + String.fromCharCode(text.charCodeAt(text.length - 1) + 1),
    ],
  ])('refuse another spelling of the same bytes: %s', async (_, respell) => {
    // 92 bytes: the last character has four spare bits, which the canonical spelling leaves 0 (A, Q, g or w).
    const text = await vault.seal('x'.repeat(40), place)
    const other = respell(text)
    expect(Buffer.from(other.slice(other.indexOf('.') + 1), 'base64url')).toEqual(
      Buffer.from(text.slice(3), 'base64url'),
    )
    expect(vault.isSealed(other)).toBe(false)
    await expect(vault.open(other, place)).rejects.toMatchObject({ code: 'internal' })
  })

  it.each(['', 's1.', 's1', 'plain', 's2.AAAA', `s1.${'A'.repeat(79)}`, `s1.${'A'.repeat(81)}`])(
    'see that "%s" is not sealed',
    async (text) => {
      expect(vault.isSealed(text)).toBe(false)
      await vault.seal('makes the key', place)
      await expect(vault.open(text, place)).rejects.toMatchObject({ code: 'internal', status: 500 })
    },
  )
})

describe('a moved ciphertext does not open', () => {
  const moves: readonly [string, Partial<Place>][] = [
    ['tenant', { tenant: 't2' }],
    ['tenant, none', { tenant: null }],
    ['table', { table: 'users' }],
    ['column', { column: 'email' }],
    ['id', { id: 'i2' }],
    ['subject', { subject: 'bob' }],
    ['border of table and column', { table: 'invoicesc', column: 'ard' }],
    ['border of tenant and table', { tenant: 't1i', table: 'nvoices' }],
    ['order of column and id', { column: 'i1', id: 'card' }],
  ]

  it.each(moves)('to another %s', async (_, change) => {
    const text = await vault.seal('secret', place)
    const there = { ...place, ...change }
    await vault.seal('the other subject has a key too', there)
    await expect(vault.open(text, there)).rejects.toMatchObject({ code: 'internal' })
    expect(() => vault.openSync(text, there)).toThrow(Refusal)
    expect(await vault.open(text, place)).toBe('secret')
  })

  it.each(['', '\0\0\0\0', '\0\0\0\u0001', '\0\0\0\u0003'])('across a border forged with %j', async (border) => {
    const text = await vault.seal('secret', { ...place, tenant: `a${border}b`, table: 'c' })
    await expect(vault.open(text, { ...place, tenant: 'a', table: `b${border}c` })).rejects.toThrow(Refusal)
  })

  it('for any two places', async () => {
    const part = fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom('a', 'b', '\0', ',', '"') })
    const places = fc.record({
      tenant: fc.option(part),
      table: part,
      column: part,
      id: part,
      subject: fc.constantFrom('a', 'b'),
    })
    await fc.assert(
      fc.asyncProperty(places, places, async (from, to) => {
        fc.pre(JSON.stringify(from) !== JSON.stringify(to))
        await vault.seal('key', to)
        await expect(vault.open(await vault.seal(1, from), to)).rejects.toThrow(Refusal)
      }),
      { numRuns: 200 },
    )
  })

  it('into another vault with another ring', async () => {
    const other = createVault({ ring: generateKeyRing(), dataKeys: new MemoryDataKeys() })
    await other.seal('key', place)
    await expect(other.open(await vault.seal('x', place), place)).rejects.toThrow(Refusal)
  })

  it.each([
    { id: '' },
    { table: '' },
    { column: '' },
    { subject: '' },
    { tenant: '' },
    { id: undefined },
    { id: 7 },
    { tenant: undefined },
  ])('refuses the place with %o', async (change) => {
    const there = { ...place, ...change } as Place
    await expect(vault.seal('x', there)).rejects.toThrow(TypeError)
    await expect(vault.open('x', there)).rejects.toThrow(TypeError)
    expect(() => vault.sealed('x', there)).toThrow(TypeError)
  })

  it('says where, in the private detail only, and never what', async () => {
    const text = await vault.seal('secret', place)
    const error = (await vault.open(text, { ...place, id: 'i2' }).catch((refusal: unknown) => refusal)) as Refusal
    expect(error.detail).toBe('the value of invoices.card in row "i2" was changed or moved here from another place')
    expect(error.detail).not.toContain(text)
    expect(error.title).not.toContain('invoices')
  })
})
