/** Spaces out starts: at most `perSecond` of them, evenly. */
export class RateCap {
  readonly #gapMilliseconds: number
  #next = 0
  #together = 0

  constructor(perSecond: number) {
    if (!(perSecond > 0)) throw new RangeError(`the rate is ${perSecond}; it must be more than 0 requests a second`)
    this.#gapMilliseconds = 1000 / perSecond
  }

  async turn(): Promise<void> {
    if (this.#together > 0) this.#together--
    else await this.#wait(1)
  }

  /** Waits until so many may start; their turns come at once, and whoever comes after waits for all of them. */
  async together(count: number): Promise<void> {
    await this.#wait(count)
    this.#together += count
  }

  async #wait(count: number): Promise<void> {
    if (this.#gapMilliseconds < 0.5) return
    const now = performance.now()
    const at = Math.max(now, this.#next)
    this.#next = at + this.#gapMilliseconds * count
    if (at > now) await new Promise((done) => setTimeout(done, at - now))
  }
}
