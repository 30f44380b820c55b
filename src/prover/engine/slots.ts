import { AsyncLocalStorage } from 'node:async_hooks'

/** A case that is under way. */
export interface OpenCase {
  /** Whether it only waits for a limit to be over, so that others may go on meanwhile. */
  readonly isAway: boolean
}

interface Held extends OpenCase {
  readonly slots: Slots
  isAway: boolean
  waits: number
}

/** One for all runs: each costs every promise of the process something, for as long as the process lives. */
const CASES = new AsyncLocalStorage<Held>()

/** Knows which cases work and which only wait. Whoever waits is found by its asynchronous context: an attack need not say so. */
export class Slots {
  /** Called when a case begins to wait. */
  onRoom: () => void = () => {}

  /** Runs one case. @param opened - Is told the case before it begins. */
  async hold<T>(work: () => Promise<T>, opened: (one: OpenCase) => void): Promise<T> {
    const held: Held = { slots: this, isAway: false, waits: 0 }
    opened(held)
    return CASES.run(held, work)
  }

  /** Waits for something that only time brings. Outside a case it is just waited for. */
  async away<T>(wait: Promise<T>): Promise<T> {
    const held = CASES.getStore()
    if (held?.slots !== this) return wait
    held.waits++
    held.isAway = true
    this.onRoom()
    try {
      return await wait
    } finally {
      held.isAway = --held.waits > 0
    }
  }
}
