/** Keeps credentials out of what is written: each is replaced by a placeholder such as `$TOKEN_ALICE`. */
export class Placeholders {
  readonly #known = new Map<string, string>()

  /** @param name - `TOKEN_ALICE`. Renewed secrets share the name. Short ones would hit ordinary words and are left. */
  add(name: string, secret: string): void {
    if (secret.length < 6) return
    this.#known.set(secret, `$${name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')}`)
  }

  hide(text: string): string {
    let hidden = text
    for (const [secret, placeholder] of this.#known) {
      if (!hidden.includes(secret)) {
        const encoded = encodeURIComponent(secret)
        if (encoded !== secret) hidden = hidden.replaceAll(encoded, placeholder)
        continue
      }
      hidden = hidden.replaceAll(secret, placeholder)
    }
    return hidden
  }
}
