import { StoreError } from '../base/store-error.ts'

/** One holder at a time, first come first served, and nobody waits longer than the bound. */
export class WaitLine {
  readonly #maxWaitMs: number
  readonly #waiting: Set<{ readonly admit: () => void }> = new Set()
  readonly #idle: (() => void)[] = []
  #held = false

  constructor(maxWaitMs: number) {
    this.#maxWaitMs = maxWaitMs
  }

  get held(): boolean {
    return this.#held
  }

  /** @throws {StoreError} When the turn does not come in time. */
  enter(): Promise<void> {
    if (!this.#held) {
      this.#held = true
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const place = {
        admit: () => {
          clearTimeout(timer)
          resolve()
        },
      }
      const timer = setTimeout(() => {
        this.#waiting.delete(place)
        reject(new StoreError(`the store was busy for ${this.#maxWaitMs} ms: another unit of work holds it`))
      }, this.#maxWaitMs)
      this.#waiting.add(place)
    })
  }

  leave(): void {
    const [next] = this.#waiting
    if (next) {
      this.#waiting.delete(next)
      next.admit()
      return
    }
    this.#held = false
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  /** Resolves when nobody holds it and nobody waits. */
  async drained(): Promise<void> {
    if (this.#held) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }
}
