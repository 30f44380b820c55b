import type { Spent } from '../../src/stores/store.ts'

/** A sliding log, written for clearness: every unit with its instant. */
export function exactLogModel(limit: number, windowMs: number): (now: number, cost: number) => Spent {
  let log: number[] = []
  return (now, cost) => {
    log = log.filter((instant) => instant + windowMs > now)
    const allowed = cost === 0 || log.length + cost <= limit
    if (allowed) log.push(...Array<number>(cost).fill(now))
    const remaining = limit - log.length
    if (allowed)
      return {
        allowed,
        remaining,
        resetSeconds: remaining === limit ? 0 : secondsUntil((log[0] as number) + windowMs - now),
      }
    if (cost > limit) return { allowed, remaining, resetSeconds: secondsUntil(windowMs) }
    const leaving = log[log.length + cost - limit - 1] as number
    return { allowed, remaining, resetSeconds: Math.max(1, secondsUntil(leaving + windowMs - now)) }
  }
}

/** GCRA without fractions: time in units of 1/limit milliseconds, in which one unit of the budget takes `windowMs`. */
export function rateModel(limit: number, windowMs: number): (now: number, cost: number) => Spent {
  const [size, interval] = [BigInt(limit), BigInt(windowMs)]
  const window = size * interval
  let arrival = 0n
  return (nowMs, cost) => {
    const now = BigInt(nowMs) * size
    const start = arrival > now ? arrival : now
    const next = start + BigInt(cost) * interval
    const allowed = cost === 0 || (cost <= limit && next - now <= window)
    if (allowed && cost > 0) arrival = next
    const used = arrival > now ? arrival - now : 0n
    const remaining = Number((window - used) / interval)
    if (!allowed) {
      const wait = cost > limit ? window : next - window - now
      return { allowed, remaining, resetSeconds: Math.max(1, ceilSeconds(wait, size)) }
    }
    if (remaining === limit) return { allowed, remaining, resetSeconds: 0 }
    const rest = used % interval
    return { allowed, remaining, resetSeconds: ceilSeconds(rest === 0n ? interval : rest, size) }
  }
}

function ceilSeconds(units: bigint, size: bigint): number {
  const second = 1000n * size
  return Number((units + second - 1n) / second)
}

function secondsUntil(milliseconds: number): number {
  return Math.ceil(milliseconds / 1000)
}
