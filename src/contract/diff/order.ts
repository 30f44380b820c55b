import { parseRate } from '../limit.ts'

/** How what holds after a change stands to what held before: `wider` lets more happen. `unknown`: neither contains the other, as far as can be seen. */
export type Order = 'same' | 'wider' | 'narrower' | 'unknown'

/** From the two halves of a partial order: whether the first is contained in the second, and the second in the first. */
export function orderOf(beforeInAfter: boolean, afterInBefore: boolean): Order {
  if (beforeInAfter) return afterInBefore ? 'same' : 'wider'
  return afterInBefore ? 'narrower' : 'unknown'
}

/** Upper bounds: more is wider; null is no bound. */
export const compareMaximum = (before: number | null, after: number | null): Order =>
  orderOf(atMost(before, after), atMost(after, before))

const atMost = (one: number | null, other: number | null): boolean => other === null || (one !== null && one <= other)

/** Lower bounds: less is wider; null is no bound. */
export const compareMinimum = (before: number | null, after: number | null): Order =>
  orderOf(atLeast(before, after), atLeast(after, before))

const atLeast = (one: number | null, other: number | null): boolean => other === null || (one !== null && one >= other)

/** Sets of what is allowed: a superset is wider; null allows everything. */
export const compareAllowed = (before: readonly string[] | null, after: readonly string[] | null): Order =>
  orderOf(within(before, after), within(after, before))

const within = (one: readonly string[] | null, other: readonly string[] | null): boolean =>
  other === null || one?.every((each) => other.includes(each)) === true

/** Demands that can only be told equal or not (patterns, field names): none is wider than some; two different ones are `unknown`. */
export function compareDemand(before: string | null, after: string | null): Order {
  if (before === after) return 'same'
  if (after === null) return 'wider'
  return before === null ? 'narrower' : 'unknown'
}

/** Rates such as `100/minute`; null is no limit. One is wider when both its burst and its lasting pace are at least the other's. */
export function compareRates(before: string | null, after: string | null): Order {
  if (before === after) return 'same'
  const [one, other] = [before === null ? null : paceOf(before), after === null ? null : paceOf(after)]
  if (one === undefined || other === undefined) return 'unknown'
  const slower = (a: Pace | null, b: Pace | null) =>
    b === null || (a !== null && a.burst <= b.burst && a.perDay <= b.perDay)
  return orderOf(slower(one, other), slower(other, one))
}

interface Pace {
  readonly burst: number
  readonly perDay: number
}

/** Undefined for what is no rate. */
function paceOf(rate: string): Pace | undefined {
  try {
    const { count, windowSeconds } = parseRate(rate)
    return { burst: count, perDay: count * (86_400 / windowSeconds) }
  } catch {
    return undefined
  }
}
