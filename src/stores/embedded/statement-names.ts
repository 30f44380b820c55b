/** So many statement texts are remembered; Turnpike has about sixty, an application a few for each endpoint. */
const MAX_TEXTS = 500
/** Longer ones are lists of ids and the like: they hardly come again. */
const MAX_TEXT_LENGTH = 4000

interface NamedStatement {
  /** Empty for a statement that is parsed for this one use. */
  readonly name: string
  readonly parse: boolean
}

/**
 * Names for statements that come again: PostgreSQL then parses and plans them once, which is half of what a small query costs in PGlite.
 * A text gets its name at the second use. The database holds a name only if the message that introduced it went through, so new ones are
 * kept after success and dropped after failure.
 */
export class StatementNames {
  /** Oldest use first. Null: seen once. */
  readonly #texts = new Map<string, string | null>()
  #dropped: string[] = []
  #serial = 0

  /** @param fresh - Names that the message under construction introduces; it is added to. */
  of(text: string, fresh: Map<string, string>): NamedStatement {
    const introduced = fresh.get(text)
    if (introduced !== undefined) return { name: introduced, parse: false }
    if (text.length > MAX_TEXT_LENGTH) return { name: '', parse: true }
    const known = this.#texts.get(text)
    this.#texts.delete(text)
    this.#texts.set(text, known ?? null)
    if (known === undefined) this.#evict()
    if (known) return { name: known, parse: false }
    if (known === undefined) return { name: '', parse: true }
    this.#serial += 1
    const name = `turnpike_${this.#serial}`
    fresh.set(text, name)
    return { name, parse: true }
  }

  keep(fresh: ReadonlyMap<string, string>): void {
    for (const [text, name] of fresh) {
      if (this.#texts.has(text)) this.#texts.set(text, name)
      else this.#dropped.push(name)
    }
  }

  drop(fresh: ReadonlyMap<string, string>): void {
    this.#dropped.push(...fresh.values())
  }

  /** Tables changed their shape: what was planned for the old one is of no use. */
  dropAll(): void {
    for (const name of this.#texts.values()) if (name !== null) this.#dropped.push(name)
    this.#texts.clear()
  }

  /** The names that the database may forget; closing one it does not know is no error. */
  takeDropped(): readonly string[] {
    return this.#dropped.length === 0 ? [] : this.#dropped.splice(0)
  }

  #evict(): void {
    if (this.#texts.size <= MAX_TEXTS) return
    const [[text, name] = ['', null]] = this.#texts
    this.#texts.delete(text)
    if (name !== null) this.#dropped.push(name)
  }
}
