import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../src/base/clock.ts'
import { StoreError } from '../../src/base/store-error.ts'
import { memoryState } from '../../src/stores/memory.ts'
import type { Admitted, Spent } from '../../src/stores/store.ts'
import { describeState, userOf } from './conformance.ts'
import { gate } from './gate.ts'

describeState('memory', async () => {
  const clock = new ManualClock()
  return { state: memoryState({ clock }), clock }
})

describe('memory: bounds', () => {
  const spend = (state: ReturnType<typeof memoryState>, key: string, limit = 5, windowSeconds = 60) =>
    (state.admission.admit([{ key, limit, windowSeconds, cost: 1 }], null) as Admitted).spent[0] as Spent

  it('refuses new keys when all places are taken, serves old ones, and takes new ones again when some expired', () => {
    const clock = new ManualClock()
    const state = memoryState({ clock, maxKeys: 100 })
    for (let n = 0; n < 100; n += 1) expect(spend(state, `k${n}`, n % 2 ? 5 : 500).allowed).toBe(true)
    clock.advance(30_000)
    expect(spend(state, 'stranger')).toEqual({ allowed: false, remaining: 0, resetSeconds: 30 })
    expect(spend(state, 'k1').allowed).toBe(true)
    clock.advance(29_999)
    expect(spend(state, 'stranger').allowed).toBe(false)
    clock.advance(1)
    expect(spend(state, 'stranger').allowed).toBe(true)
    for (let n = 0; n < 98; n += 1) expect(spend(state, `new${n}`).allowed).toBe(true)
    expect(spend(state, 'k1').remaining).toBe(3)
    expect(spend(state, 'one too many').allowed).toBe(false)
  })

  it('takes no place for a refused call', () => {
    const state = memoryState({ clock: new ManualClock(), maxKeys: 2 })
    spend(state, 'full', 1)
    for (let n = 0; n < 10; n += 1) {
      const budgets = [`stranger${n}`, 'full'].map((key) => ({ key, limit: 1, windowSeconds: 60, cost: 1 }))
      expect((state.admission.admit(budgets, null) as Admitted).spent.map((spent) => spent.allowed)).toEqual([
        true,
        false,
      ])
    }
    expect(spend(state, 'last place').allowed).toBe(true)
  })

  it('keeps every window length moving: long ones do not hold short ones back', () => {
    const clock = new ManualClock()
    const state = memoryState({ clock, maxKeys: 50 })
    for (let n = 0; n < 25; n += 1) spend(state, `day${n}`, 5, 86_400)
    for (let round = 0; round < 20; round += 1) {
      for (let n = 0; n < 25; n += 1) expect(spend(state, `r${round}-${n}`, 5, 1).allowed).toBe(true)
      clock.advance(1000)
    }
    expect(spend(state, 'day0', 5, 86_400).remaining).toBe(3)
  })

  it('answers at once, not by a promise', () => {
    const state = memoryState({ clock: new ManualClock() })
    const question = { principalKey: 'p', sessionId: null, tokenId: null }
    expect(state.admission.admit([], question)).not.toBeInstanceOf(Promise)
  })

  it.each([{ maxKeys: 0 }, { maxKeys: 1.5 }, { maxWaitMs: -1 }])('refuses %o', (options) => {
    expect(() => memoryState(options)).toThrow(RangeError)
  })

  it('refuses an unknown option', () => {
    expect(() => memoryState({ maxKey: 1 } as never)).toThrow(/"maxKey" is no option/)
  })

  it('waits for a unit that does not end, but not for ever', async () => {
    const state = memoryState({ clock: new ManualClock(), maxWaitMs: 20 })
    const { promise, open } = gate()
    const unit = state.transaction(async () => {
      await state.users.insert(userOf({}))
      await promise
    })
    await expect(state.users.byIds([])).rejects.toThrow(StoreError)
    await expect(state.users.insert(userOf({}))).rejects.toThrow(StoreError)
    open()
    await unit
    expect(await state.users.insert(userOf({}))).toBe(true)
  })

  it('is closed for everything after close', async () => {
    const state = memoryState({ clock: new ManualClock() })
    await state.close()
    await expect(state.ping()).rejects.toThrow(StoreError)
    await expect(state.users.insert(userOf({}))).rejects.toThrow(StoreError)
    expect(() => state.admission.admit([], { principalKey: 'p', sessionId: null, tokenId: null })).toThrow(StoreError)
  })
})
