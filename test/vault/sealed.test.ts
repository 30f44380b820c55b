import { inspect } from 'node:util'
import { serialize } from 'node:v8'
import { describe, expect, it } from 'vitest'
import { createVault, generateKeyRing, type Mask, type Place, type RevealEvent, Sealed } from '../../src/vault/index.ts'
import { MemoryDataKeys } from './memory-data-keys.ts'

const place: Place = { tenant: null, table: 'invoices', column: 'card', id: 'i1', subject: 'alice' }
const CARD = '4111111111111234'
const MASKED = '**** **** **** 1234'

async function card(options: { mask?: Mask; onReveal?: (event: RevealEvent) => void | Promise<void> } = {}) {
  const vault = createVault({
    ring: generateKeyRing(),
    dataKeys: new MemoryDataKeys(),
    ...(options.onReveal && { onReveal: options.onReveal }),
  })
  const text = await vault.seal(CARD, place)
  return { vault, text, value: vault.sealed<string>(text, place, options.mask) }
}

const prints: readonly [string, (value: Sealed<string>) => string][] = [
  ['String', (value) => String(value)],
  ['a template', (value) => `${value}`],
  ['joining', (value) => ['', value].join('')],
  ['JSON', (value) => JSON.parse(JSON.stringify({ value })).value],
  ['inspection', (value) => inspect(value)],
  ['inspection of hidden fields', (value) => inspect(value, { showHidden: true, depth: 9 })],
]

describe('Sealed', () => {
  it.each(prints)('shows its mask in %s', async (_, print) => {
    expect(print((await card({ mask: 'card' })).value)).toBe(MASKED)
  })

  it.each(prints)('shows [sealed] without a mask in %s', async (_, print) => {
    expect(print((await card()).value)).toBe('[sealed]')
  })

  it('shows [sealed] until the subject is preloaded, after it was destroyed, and when it does not open', async () => {
    const ring = generateKeyRing()
    const dataKeys = new MemoryDataKeys()
    const text = await createVault({ ring, dataKeys }).seal(CARD, place)
    const cold = createVault({ ring, dataKeys })
    const value = cold.sealed(text, place, 'card')
    expect(`${value}`).toBe('[sealed]')
    await cold.preload(['alice'])
    expect(`${value}`).toBe(MASKED)
    expect(`${cold.sealed(text, { ...place, id: 'i2' }, 'card')}`).toBe('[sealed]')
    await cold.destroy('alice')
    expect(`${value}`).toBe('[sealed]')
  })

  it('leaks nothing by copying, spreading, listing, comparing or cloning', async () => {
    const { value, text } = await card({ mask: 'card' })
    const forms = [
      inspect({ ...value }),
      inspect(Object.assign({}, value)),
      inspect(structuredClone(value)),
      serialize(value).toString('latin1'),
      inspect(Object.getOwnPropertyDescriptors(value)),
      inspect(Object.entries(value)),
      inspect(Reflect.ownKeys(value)),
      Number(value),
    ].join('\n')
    for (const secret of [CARD, text, '1234']) expect(forms).not.toContain(secret)
    expect(value === (CARD as unknown)).toBe(false)
    // biome-ignore lint/suspicious/noDoubleEquals: loose comparison is what is tried
    expect(value == (CARD as unknown)).toBe(false)
    expect(value.valueOf()).toBe(value)
    expect(Object.isFrozen(value)).toBe(true)
  })

  it('keeps what a store needs: the text as it was and its place', async () => {
    const { value, text } = await card()
    expect(value).toBeInstanceOf(Sealed)
    expect([value.ciphertext, value.place]).toEqual([text, place])
  })

  it('opens for a reason, which is recorded with the place and without the value', async () => {
    const events: RevealEvent[] = []
    const { value } = await card({ onReveal: (event) => void events.push(event) })
    expect(await value.reveal('refund')).toBe(CARD)
    expect(events).toEqual([{ reason: 'refund', ...place }])
  })

  it.each([[''], ['  '], [undefined], [7]])('does not open for the reason %j', async (reason) => {
    const events: RevealEvent[] = []
    const { value } = await card({ onReveal: (event) => void events.push(event) })
    await expect(value.reveal(reason as string)).rejects.toThrow(TypeError)
    expect(events).toEqual([])
  })

  it('gives nothing out when it cannot be recorded', async () => {
    const { value } = await card({ onReveal: () => Promise.reject(new Error('the audit log is down')) })
    await expect(value.reveal('refund')).rejects.toThrow('the audit log is down')
  })

  it('reveals null, and records nothing, once the subject was destroyed', async () => {
    const events: RevealEvent[] = []
    const { vault, value } = await card({ onReveal: (event) => void events.push(event) })
    await vault.destroy('alice')
    expect(await value.reveal('refund')).toBeNull()
    expect(events).toEqual([])
  })

  it('does not follow a place that is changed afterwards', async () => {
    const { vault, text } = await card()
    const mutable = { ...place }
    const value = vault.sealed(text, mutable)
    mutable.id = 'i2'
    expect(value.place.id).toBe('i1')
    expect(await value.reveal('refund')).toBe(CARD)
  })
})
