/** Where time comes from. Injected everywhere, so that tests and `prove` can move it. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. */
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }

/** A clock that stands still until it is moved. */
export class ManualClock implements Clock {
  #now: number
  constructor(start: Date | number = Date.UTC(2026, 0, 1)) {
    this.#now = Number(start)
  }
  now(): number {
    return this.#now
  }
  /** @param milliseconds - May be negative: clocks do step back. */
  advance(milliseconds: number): void {
    this.#now += milliseconds
  }
  set(instant: Date | number): void {
    this.#now = Number(instant)
  }
}
