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
    for (const [secret, placeholder] of this.#known)
      for (const written of new Set([secret, encodeURIComponent(secret)]))
        if (hidden.includes(written)) hidden = hidden.replaceAll(written, placeholder)
    return hidden
  }
}

/**
 * Hides what an answer hands out as a credential and nobody has named yet: the token of a sign-in, a new key, a cookie.
 * A token stands for itself in no report, not even in the answer that made it.
 */
export function hideFresh(text: string): string {
  return text.replaceAll(JWT, '$JWT').replaceAll(NAMED, (_all, before: string) => `${before}$SECRET"`)
}

/** Values of `Set-Cookie`, one cookie a line. */
export const hideCookies = (lines: string): string => lines.replaceAll(/^([^=;\s]+=)(?!\$)[^;\s]{8,}/gm, '$1$COOKIE')

const JWT = /eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{16,}/g
/** A JSON string of some length under a name that says what it is; a placeholder is left. */
const NAMED =
  /("[\w-]{0,40}(?:token|secret|password|passwd|api[_-]?key|jwt|session[_-]?id)"\s{0,4}:\s{0,4}")(?!\$)(?:[^"\\]|\\.){8,}"/gi
