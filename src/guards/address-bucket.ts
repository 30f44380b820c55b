import type { Clock } from '../base/clock.ts'
import { Refusal } from '../base/refusal.ts'

export interface AddressBucketSettings {
  /** Requests a second that one address may keep up. */
  readonly perSecond: number
  /** Requests that one address may send at once. */
  readonly burst: number
  /** Addresses remembered at most. */
  readonly maxKeys: number
  readonly clock: Clock
}

export interface AddressBucket {
  /** Spends one request of an address. @throws {Refusal} `rate_limited` with Retry-After. */
  take(addressKey: string): void
}

/** Milliseconds; forgives what adding fractions loses. */
const ROUNDING = 0.01

/**
 * A token bucket per address, in this process only, before anything costs more (OWASP API4). It sheds floods; the limits of the contract are
 * exact and shared, and come later. One number is kept per address: when its bucket would be full again (GCRA). When the map is full, the half
 * with the least debt is forgotten: addresses that have been quiet lose nothing by it, and a flood of fresh addresses, one request each,
 * never drives out the address that is being held back.
 * @throws {RangeError} On a rate, burst or size that is not positive.
 */
export function createAddressBucket(settings: AddressBucketSettings): AddressBucket {
  const { perSecond, burst, maxKeys, clock } = settings
  if (!(perSecond > 0 && perSecond <= 1e6))
    throw new RangeError(`perSecond is ${perSecond}; it must be above 0 and at most 1000000`)
  if (!(Number.isInteger(burst) && burst >= 1))
    throw new RangeError(`burst is ${burst}; it must be a whole number from 1`)
  if (!(Number.isInteger(maxKeys) && maxKeys >= 2))
    throw new RangeError(`maxKeys is ${maxKeys}; it must be a whole number from 2`)
  const each = 1000 / perSecond
  const most = each * burst
  // Times count from here: small numbers keep their fractions when they add up.
  const start = clock.now()
  const fullAt = new Map<string, number>()

  return {
    take(addressKey) {
      const now = clock.now() - start
      const known = fullAt.get(addressKey)
      // A clock that stepped back must not hold an address longer than an empty bucket does.
      const from = known === undefined || known < now ? now : Math.min(known, now + most)
      const next = from + each
      if (next - now > most + ROUNDING) {
        if (from !== known) fullAt.set(addressKey, from)
        const wait = Math.max(1, Math.ceil((next - now - most) / 1000))
        throw new Refusal('rate_limited', {
          detail: `bucket of address ${addressKey}`,
          headers: { 'retry-after': String(wait) },
        })
      }
      if (known === undefined && fullAt.size >= maxKeys) forgetLeastIndebted(fullAt)
      fullAt.set(addressKey, next)
    },
  }
}

/** Frees half of the map, so that its cost is shared by as many new addresses. */
function forgetLeastIndebted(fullAt: Map<string, number>): void {
  const middle = fullAt.size >> 1
  const median = Float64Array.from(fullAt.values()).sort()[middle] as number
  for (const [key, at] of fullAt) if (at < median) fullAt.delete(key)
  // Many may share the median: the oldest of them go until half is free.
  for (const [key, at] of fullAt) {
    if (fullAt.size <= middle) break
    if (at === median) fullAt.delete(key)
  }
}
