import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../src/base/clock.ts'
import { Refusal } from '../../src/base/refusal.ts'
import { type AddressBucket, createAddressBucket } from '../../src/guards/address-bucket.ts'

function refused(bucket: AddressBucket, key: string): Refusal | null {
  try {
    bucket.take(key)
    return null
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}

describe('address bucket', () => {
  it('gives the burst at once, then the rate', () => {
    const clock = new ManualClock()
    const bucket = createAddressBucket({ perSecond: 2, burst: 5, maxKeys: 100, clock })
    const passed = () => Array.from({ length: 20 }, () => refused(bucket, 'a')).filter((it) => it === null).length
    expect(passed()).toBe(5)
    clock.advance(499)
    expect(passed()).toBe(0)
    clock.advance(1)
    expect(passed()).toBe(1)
    clock.advance(1000)
    expect(passed()).toBe(2)
    clock.advance(3_600_000)
    expect(passed()).toBe(5)
  })

  it('counts addresses apart', () => {
    const bucket = createAddressBucket({ perSecond: 1, burst: 1, maxKeys: 100, clock: new ManualClock() })
    bucket.take('a')
    expect(refused(bucket, 'a')?.code).toBe('rate_limited')
    expect(refused(bucket, 'b')).toBeNull()
  })

  it('Retry-After is a time at which the next request passes', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 1000, noNaN: true }),
        fc.integer({ min: 1, max: 50 }),
        (perSecond, burst) => {
          const clock = new ManualClock()
          const bucket = createAddressBucket({ perSecond, burst, maxKeys: 10, clock })
          for (let at = 0; at < burst; at++) expect(refused(bucket, 'a')).toBeNull()
          const wait = Number(refused(bucket, 'a')?.headers['retry-after'])
          expect(wait).toBeGreaterThanOrEqual(1)
          clock.advance(wait * 1000)
          expect(refused(bucket, 'a')).toBeNull()
        },
      ),
    )
  })

  it('never passes more than burst + rate × time', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 2000 }), { maxLength: 100 })
    fc.assert(
      fc.property(steps, (gaps) => {
        const clock = new ManualClock(0)
        const bucket = createAddressBucket({ perSecond: 2, burst: 3, maxKeys: 10, clock })
        let passed = 0
        for (const gap of gaps) {
          clock.advance(gap)
          if (!refused(bucket, 'a')) passed++
          expect(passed).toBeLessThanOrEqual(3 + (2 * clock.now()) / 1000)
        }
      }),
    )
  })

  it('a flood of fresh addresses does not release the one that is held back', () => {
    const clock = new ManualClock()
    const bucket = createAddressBucket({ perSecond: 1, burst: 10, maxKeys: 100, clock })
    while (!refused(bucket, 'offender'));
    for (let at = 0; at < 10_000; at++) bucket.take(`fresh ${at}`)
    expect(refused(bucket, 'offender')?.code).toBe('rate_limited')
  })

  it('forgets down to its size: a forgotten light address starts afresh', () => {
    const bucket = createAddressBucket({ perSecond: 1, burst: 2, maxKeys: 4, clock: new ManualClock() })
    bucket.take('light')
    for (let at = 0; at < 100; at++) bucket.take(`fresh ${at}`)
    expect(refused(bucket, 'light')).toBeNull()
    expect(refused(bucket, 'light')).toBeNull()
    expect(refused(bucket, 'light')?.code).toBe('rate_limited')
  })

  it('a clock that steps back does not lock an address out', () => {
    const clock = new ManualClock()
    const bucket = createAddressBucket({ perSecond: 1, burst: 2, maxKeys: 10, clock })
    while (!refused(bucket, 'a'));
    clock.advance(-86_400_000)
    expect(refused(bucket, 'a')?.headers['retry-after']).toBe('1')
    clock.advance(2000)
    expect(refused(bucket, 'a')).toBeNull()
  })

  it.each([
    [{ perSecond: 0 }],
    [{ perSecond: -5 }],
    [{ perSecond: Number.NaN }],
    [{ perSecond: Number.POSITIVE_INFINITY }],
    [{ burst: 0 }],
    [{ burst: 1.5 }],
    [{ maxKeys: 1 }],
    [{ maxKeys: Number.NaN }],
  ])('refuses the settings %j', (change) => {
    expect(() =>
      createAddressBucket({ perSecond: 1, burst: 1, maxKeys: 10, clock: new ManualClock(), ...change }),
    ).toThrow(RangeError)
  })
})
