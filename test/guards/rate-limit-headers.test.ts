import fc from 'fast-check'
import { type InnerList, type Item, parseList } from 'structured-headers'
import { describe, expect, it } from 'vitest'
import { rateLimitHeaders, type SpentLimit } from '../../src/guards/rate-limit-headers.ts'

const user: SpentLimit = { name: 'user', limit: 100, windowSeconds: 60, remaining: 50, resetSeconds: 30, allowed: true }

const read = (field: string | undefined) =>
  parseList(field ?? '').map((item: Item | InnerList) => [item[0], Object.fromEntries(item[1])])

describe('rate limit headers', () => {
  it('are written as in the draft', () => {
    expect(rateLimitHeaders([user])).toEqual({ 'ratelimit-policy': '"user";q=100;w=60', ratelimit: '"user";r=50;t=30' })
  })
  it('are absent without a budget', () => {
    expect(rateLimitHeaders([])).toEqual({})
  })
  it('name a time to retry only when refused, not earlier than any empty budget resets', () => {
    const address = { ...user, name: 'address', remaining: 0, resetSeconds: 45.2 }
    expect(rateLimitHeaders([user, address])).not.toHaveProperty('retry-after')
    const refused = { ...user, remaining: 0, resetSeconds: 12, allowed: false }
    expect(rateLimitHeaders([refused])['retry-after']).toBe('12')
    expect(rateLimitHeaders([refused, address])['retry-after']).toBe('46')
    expect(rateLimitHeaders([{ ...refused, resetSeconds: 0 }])['retry-after']).toBe('1')
  })
  it('parse back to what was spent, whatever the name', () => {
    const name = fc.string({ unit: fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code)) })
    const spent = fc.record({
      name,
      limit: fc.nat(1e9),
      windowSeconds: fc.nat(86_400),
      remaining: fc.integer({ min: -5, max: 1e9 }),
      resetSeconds: fc.double({ min: 0, max: 86_400, noNaN: true }),
      allowed: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(spent, { minLength: 1, maxLength: 4 }), (list) => {
        const headers = rateLimitHeaders(list)
        expect(read(headers['ratelimit-policy'])).toEqual(
          list.map((it) => [it.name, { q: it.limit, w: it.windowSeconds }]),
        )
        expect(read(headers.ratelimit)).toEqual(
          list.map((it) => [it.name, { r: Math.max(0, it.remaining), t: Math.ceil(it.resetSeconds) }]),
        )
        const refused = list.filter((it) => !it.allowed)
        expect('retry-after' in headers).toBe(refused.length > 0)
        for (const it of refused) expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(it.resetSeconds)
      }),
    )
  })
  it('refuse a name that a structured field cannot hold', () => {
    for (const name of ['é', 'a\nb', '\u007f']) expect(() => rateLimitHeaders([{ ...user, name }])).toThrow(RangeError)
  })
})
