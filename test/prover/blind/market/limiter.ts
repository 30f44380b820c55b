import { tooMany } from './http.ts'

interface Count {
  used: number
  readonly until: number
}

/** Fixed windows in memory. */
export class Limiter {
  readonly #counts = new Map<string, Count>()

  /** Counts one use; throws 429 when the window is used up. */
  take(key: string, most: number, seconds: number): void {
    const time = Date.now()
    const count = this.#counts.get(key)
    if (count === undefined || count.until <= time) {
      this.#tidy(time)
      this.#counts.set(key, { used: 1, until: time + seconds * 1000 })
      return
    }
    if (count.used >= most) throw tooMany(Math.max(1, Math.ceil((count.until - time) / 1000)))
    count.used += 1
  }

  /** Gives one use back. */
  giveBack(key: string): void {
    const count = this.#counts.get(key)
    if (count !== undefined && count.used > 0) count.used -= 1
  }

  #tidy(time: number): void {
    if (this.#counts.size < 5000) return
    for (const [key, count] of this.#counts) if (count.until <= time) this.#counts.delete(key)
  }
}
