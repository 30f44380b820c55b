const MOST = 1000

/** What could not be read, each with its JSON Pointer, said once; a broken document of any size keeps a short list. */
export class Faults {
  readonly #said = new Set<string>()
  #more = 0

  add(at: string, message: string): void {
    const line = `${at === '' ? 'the document' : at}: ${message}`
    if (this.#said.has(line)) return
    if (this.#said.size < MOST) this.#said.add(line)
    else this.#more += 1
  }

  list(): readonly string[] {
    return this.#more === 0 ? [...this.#said] : [...this.#said, `and ${this.#more} more`]
  }
}
