import { HttpProblem } from './problems.ts'

interface Window {
  count: number
  endsAt: number
}

const MINUTE = 60_000

/** How many times a minute each operation may be called by one caller. */
const PER_MINUTE = {
  'sign-in': 10,
  'sign-in-address': 60,
  'firmware-check': 20,
  'alert-test': 20,
  export: 10,
  command: 60,
  invitation: 20,
  'invitation-accept': 20,
  'voucher-redeem': 20,
  'key-create': 20,
} as const

export type LimitedOperation = keyof typeof PER_MINUTE

export class Limits {
  readonly #windows = new Map<string, Window>()

  /** Counts one call, or refuses it with 429. */
  take(operation: LimitedOperation, caller: string): void {
    const now = Date.now()
    if (this.#windows.size > 10_000) this.#prune(now)
    const id = `${operation} ${caller}`
    const current = this.#windows.get(id)
    if (current === undefined || current.endsAt <= now) {
      this.#windows.set(id, { count: 1, endsAt: now + MINUTE })
      return
    }
    current.count += 1
    if (current.count > PER_MINUTE[operation]) {
      const seconds = Math.max(1, Math.ceil((current.endsAt - now) / 1000))
      throw new HttpProblem(429, 'Too many requests, please try again later.', {
        headers: { 'Retry-After': String(seconds) },
      })
    }
  }

  #prune(now: number): void {
    for (const [id, window] of this.#windows) {
      if (window.endsAt <= now) this.#windows.delete(id)
    }
  }
}
