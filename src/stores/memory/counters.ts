import type { Clock } from '../../base/clock.ts'
import type { Budget, Spent } from '../store.ts'

/** Up to this many units a window are counted one by one; larger limits by rate (GCRA). */
const EXACT_UP_TO = 60
/** Expired keys looked at for each new one: more than one, so that the map shrinks. */
const EVICTIONS_A_KEY = 3

/** What is known of one key. In a list per window, oldest spending first, so that expiry needs no scan. */
interface Entry {
  readonly key: string
  readonly line: Line
  /** Sliding log: instants of the units in the window, oldest first from `head`. Null for GCRA. */
  readonly log: number[] | null
  head: number
  /** GCRA: theoretical arrival time; the key is as good as new when it has passed. */
  arrival: number
  /** Units that earlier budgets of the same call want from it. */
  pending: number
  touched: number
  older: Entry | null
  newer: Entry | null
}

/** The keys of one window length and algorithm, in the order of their last spending. */
interface Line {
  readonly windowMs: number
  readonly entries: Map<string, Entry>
  oldest: Entry | null
  newest: Entry | null
}

/**
 * Budgets in the memory of one process: an exact sliding log up to 60 a window, GCRA above. Synchronous; the cost of a spending
 * does not depend on the number of keys.
 *
 * At most `maxKeys` keys are kept, and a key is forgotten only when its window has passed. When all places are taken, a key that has
 * none is refused until the oldest one expires: whoever has a place is served as before, and nobody gets more than the limit.
 *
 * Time never runs backwards in here: when the clock steps back, the windows stand still for that one step and then go on.
 */
export class Counters {
  readonly #clock: Clock
  readonly #maxKeys: number
  readonly #lines = new Map<number, Line>()
  readonly #rotation: Line[] = []
  #turn = 0
  #size = 0
  #lastSeen: number
  #now = 0

  constructor(clock: Clock, maxKeys: number) {
    this.#clock = clock
    this.#maxKeys = maxKeys
    this.#lastSeen = clock.now()
  }

  get size(): number {
    return this.#size
  }

  /** Spends all budgets, or none when one of them has no room. */
  spend(budgets: readonly Budget[]): readonly Spent[] {
    const now = this.#tick()
    const entries: (Entry | null)[] = []
    const fits: boolean[] = []
    let places = this.#maxKeys - this.#size
    let all = true
    for (const budget of budgets) {
      check(budget)
      let entry = this.#line(budget).entries.get(budget.key) ?? null
      if (!entry) {
        if (places <= 0) places += this.#evict(now)
        if (places > 0) {
          places -= 1
          entry = this.#insert(budget, now)
        }
      }
      const fit = entry !== null && waitMs(entry, budget, now) === 0
      if (entry) entry.pending += budget.cost
      entries.push(entry)
      fits.push(fit)
      all &&= fit
    }
    for (const entry of entries) if (entry) entry.pending = 0
    const spent = budgets.map((budget, index) => {
      const entry = entries[index] ?? null
      if (!entry) return { allowed: false, remaining: 0, resetSeconds: this.#secondsToPlace(now) }
      if (all) this.#take(entry, budget, now)
      return report(entry, budget, now, fits[index] === true)
    })
    if (!all) this.#dropUnused(entries)
    return spent
  }

  #tick(): number {
    const seen = this.#clock.now()
    if (seen > this.#lastSeen) this.#now += seen - this.#lastSeen
    this.#lastSeen = seen
    return this.#now
  }

  #line(budget: Budget): Line {
    // One number for window and algorithm: the sign tells which.
    const id = budget.limit <= EXACT_UP_TO ? budget.windowSeconds : -budget.windowSeconds
    let line = this.#lines.get(id)
    if (!line) {
      line = { windowMs: budget.windowSeconds * 1000, entries: new Map(), oldest: null, newest: null }
      this.#lines.set(id, line)
      this.#rotation.push(line)
    }
    return line
  }

  #insert(budget: Budget, now: number): Entry {
    this.#evict(now)
    const line = this.#line(budget)
    const log = budget.limit <= EXACT_UP_TO ? [] : null
    const entry: Entry = {
      key: budget.key,
      line,
      log,
      head: 0,
      arrival: now,
      pending: 0,
      touched: now,
      older: null,
      newer: null,
    }
    line.entries.set(budget.key, entry)
    append(line, entry)
    this.#size += 1
    return entry
  }

  #remove(entry: Entry): void {
    unlink(entry.line, entry)
    entry.line.entries.delete(entry.key)
    this.#size -= 1
  }

  /** Forgets a few keys whose window has passed, a different line each time. @returns How many. */
  #evict(now: number): number {
    let evicted = 0
    for (let look = 0; look < this.#rotation.length && evicted < EVICTIONS_A_KEY; look += 1) {
      this.#turn = (this.#turn + 1) % this.#rotation.length
      const line = this.#rotation[this.#turn] as Line
      while (
        line.oldest &&
        line.oldest.pending === 0 &&
        line.oldest.touched + line.windowMs <= now &&
        evicted < EVICTIONS_A_KEY
      ) {
        this.#remove(line.oldest)
        evicted += 1
      }
    }
    return evicted
  }

  #take(entry: Entry, budget: Budget, now: number): void {
    if (entry.log) for (let unit = 0; unit < budget.cost; unit += 1) entry.log.push(now)
    else entry.arrival = Math.max(entry.arrival, now) + budget.cost * (entry.line.windowMs / budget.limit)
    if (budget.cost === 0 || entry === entry.line.newest) {
      if (budget.cost > 0) entry.touched = now
      return
    }
    entry.touched = now
    unlink(entry.line, entry)
    append(entry.line, entry)
  }

  /** A refused call leaves no new keys: strangers must not fill the map for nothing. */
  #dropUnused(entries: readonly (Entry | null)[]): void {
    for (const entry of entries) {
      if (!entry || entry.line.entries.get(entry.key) !== entry) continue
      const unused = entry.log ? entry.log.length === 0 : entry.arrival <= this.#now
      if (unused) this.#remove(entry)
    }
  }

  #secondsToPlace(now: number): number {
    let soonest = Number.POSITIVE_INFINITY
    for (const line of this.#rotation) if (line.oldest) soonest = Math.min(soonest, line.oldest.touched + line.windowMs)
    return Number.isFinite(soonest) ? Math.max(1, Math.ceil((soonest - now) / 1000)) : 1
  }
}

function check({ key, limit, windowSeconds, cost }: Budget): void {
  const valid = Number.isInteger(limit) && limit >= 1 && windowSeconds > 0 && Number.isInteger(cost) && cost >= 0
  if (!valid)
    throw new RangeError(
      `budget "${key}": limit ${limit}, window ${windowSeconds} s, cost ${cost}; a limit is a whole number from 1, a window is positive, a cost is whole`,
    )
}

/** Milliseconds until this cost fits, 0 when it does; infinite when it never will. */
function waitMs(entry: Entry, budget: Budget, now: number): number {
  const cost = budget.cost + entry.pending
  if (cost > budget.limit) return Number.POSITIVE_INFINITY
  if (budget.cost === 0) return 0
  return entry.log ? logWait(entry, cost, budget.limit, now) : rateWait(entry, cost, budget.limit, now)
}

function logWait(entry: Entry, cost: number, limit: number, now: number): number {
  const log = forget(entry, now)
  const excess = log.length - entry.head + cost - limit
  if (excess <= 0) return 0
  return (log[entry.head + excess - 1] as number) + entry.line.windowMs - now
}

/** Drops the units that left the window; compacts when half of the array is dead, so that it stays short. */
function forget(entry: Entry, now: number): number[] {
  const log = entry.log as number[]
  while (entry.head < log.length && (log[entry.head] as number) + entry.line.windowMs <= now) entry.head += 1
  if (entry.head > 0 && entry.head * 2 >= log.length) {
    log.splice(0, entry.head)
    entry.head = 0
  }
  return log
}

function rateWait(entry: Entry, cost: number, limit: number, now: number): number {
  const interval = entry.line.windowMs / limit
  const wait = Math.max(entry.arrival, now) + cost * interval - entry.line.windowMs - now
  // Instants are whole milliseconds, so true values are multiples of 1/limit: a quarter of that is rounding, not time.
  return wait <= 0.25 / limit ? 0 : wait
}

function report(entry: Entry, budget: Budget, now: number, allowed: boolean): Spent {
  const window = entry.line.windowMs
  if (!allowed) {
    const wait = waitMs(entry, budget, now)
    return {
      allowed,
      remaining: remaining(entry, budget, now),
      resetSeconds: Math.max(1, Math.ceil(Math.min(wait, window) / 1000)),
    }
  }
  const left = remaining(entry, budget, now)
  return {
    allowed,
    remaining: left,
    resetSeconds: left >= budget.limit ? 0 : Math.ceil(nextUnitMs(entry, budget, now) / 1000),
  }
}

function remaining(entry: Entry, budget: Budget, now: number): number {
  if (entry.log) return Math.max(0, budget.limit - (forget(entry, now).length - entry.head))
  const used = Math.max(0, entry.arrival - now)
  return Math.max(
    0,
    Math.floor((entry.line.windowMs - used + 0.25 / budget.limit) / (entry.line.windowMs / budget.limit)),
  )
}

function nextUnitMs(entry: Entry, budget: Budget, now: number): number {
  if (entry.log) return (entry.log[entry.head] ?? now) + entry.line.windowMs - now
  const interval = entry.line.windowMs / budget.limit
  const used = Math.max(0, entry.arrival - now)
  const rest = used % interval
  return rest > 0.25 / budget.limit ? rest : interval
}

function append(line: Line, entry: Entry): void {
  entry.older = line.newest
  entry.newer = null
  if (line.newest) line.newest.newer = entry
  line.newest = entry
  line.oldest ??= entry
}

function unlink(line: Line, entry: Entry): void {
  if (entry.older) entry.older.newer = entry.newer
  else line.oldest = entry.newer
  if (entry.newer) entry.newer.older = entry.older
  else line.newest = entry.older
}
