import { Refusal } from '../base/refusal.ts'

/**
 * Lets a few hashes run at a time and a few more wait: password hashing takes memory and threads that every other request needs too.
 * One more than may wait is refused at once with 503, so that a flood of logins costs those who log in, and nobody else.
 */
export class HashLine {
  readonly #maxRunning: number
  readonly #maxWaiting: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(maxRunning: number, maxWaiting: number) {
    this.#maxRunning = maxRunning
    this.#maxWaiting = maxWaiting
  }

  /** @throws {Refusal} `unavailable` when the line is full. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.#enter()
    try {
      return await work()
    } finally {
      this.#leave()
    }
  }

  async #enter(): Promise<void> {
    if (this.#running < this.#maxRunning) {
      this.#running += 1
      return
    }
    if (this.#waiting.length >= this.#maxWaiting)
      throw new Refusal('unavailable', {
        detail: 'too many password hashes are waiting',
        headers: { 'retry-after': '1' },
      })
    await new Promise<void>((go) => this.#waiting.push(go))
  }

  /** The next in line takes over the place, so that nobody who comes later can slip in between. */
  #leave(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#running -= 1
  }
}
