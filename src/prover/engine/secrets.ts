/** Learned secrets that are kept: a target that hands out one with every answer must not slow the run down. */
const MOST_LEARNED = 500
/** Longer texts are no credentials. */
const LONGEST = 8192

/** Keeps credentials out of what is written: each is replaced by a placeholder such as `$TOKEN_ALICE`. */
export class Placeholders {
  readonly #known = new Map<string, string>()
  readonly #learned = new Set<string>()
  /** What stands for what, the longest first: one secret may begin with another. */
  #spellings: readonly (readonly [spelling: string, placeholder: string])[] | null = null

  /** @param name - `TOKEN_ALICE`. Renewed secrets share the name. Short ones would hit ordinary words and are left. */
  add(name: string, secret: string): void {
    if (secret.length < 6 || this.#known.has(secret)) return
    this.#known.set(secret, `$${name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')}`)
    this.#spellings = null
  }

  /**
   * Learns what an answer hands out as a credential, so that it is hidden where it is sent or repeated later.
   * @param cookies - `Set-Cookie`, one a line.
   */
  learn(text: string, cookies = ''): void {
    const values = [...cookies.matchAll(/^[^=;\s]+=([^;\s]+)/gm)].map(([, value = '']) => value)
    for (const secret of [...freshIn(text), ...values.filter(isRandom)]) {
      if (this.#known.has(secret) || this.#learned.has(secret) || secret.length > LONGEST) continue
      if (this.#learned.size === MOST_LEARNED) this.#learned.delete(this.#learned.values().next().value ?? '')
      this.#learned.add(secret)
      this.#spellings = null
    }
  }

  hide(text: string): string {
    this.#spellings ??= [...this.#known, ...[...this.#learned].map((each) => [each, '$SECRET'] as const)]
      .flatMap(([secret, placeholder]) => spellingsOf(secret).map((each) => [each, placeholder] as const))
      .sort(([one], [other]) => other.length - one.length)
    let hidden = text
    for (const [spelling, placeholder] of this.#spellings)
      if (hidden.includes(spelling)) hidden = hidden.replaceAll(spelling, () => placeholder)
    return hidden
  }
}

/** As it stands in a header, in JSON, in a URL, in a form, on a page, in base64. */
function spellingsOf(secret: string): readonly string[] {
  const escaped = JSON.stringify(secret).slice(1, -1)
  return [
    ...new Set([
      secret,
      escaped,
      // Some write JSON with slashes escaped.
      escaped.replaceAll('/', '\\/'),
      percentEncoded(secret),
      new URLSearchParams([['', secret]]).toString().slice(1),
      secret
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        .replaceAll('"', '&quot;')
        .replaceAll("'", '&#39;'),
      Buffer.from(secret).toString('base64').replaceAll('=', ''),
    ]),
  ]
}

/** A target may hand out half a surrogate pair, which no URL can hold. */
function percentEncoded(secret: string): string {
  try {
    return encodeURIComponent(secret)
  } catch {
    return secret
  }
}

/**
 * Hides what an answer hands out as a credential and nobody has named yet: the token of a sign-in, a new key, a cookie.
 * A token stands for itself in no report, not even in the answer that made it.
 */
export function hideFresh(text: string): string {
  return text
    .replaceAll(JWT, '$JWT')
    .replaceAll(NAMED, (_all, before: string) => `${before}$SECRET"`)
    .replaceAll(RANDOM, (all: string, before: string, value: string) => (isRandom(value) ? `${before}$SECRET"` : all))
}

/** Values of `Set-Cookie`, one cookie a line. */
export const hideCookies = (lines: string): string => lines.replaceAll(/^([^=;\s]+=)(?!\$)[^;\s]{8,}/gm, '$1$COOKIE')

/** The value of a header whose name says that it is a credential. */
export const hideHeader = (name: string, value: string): string =>
  name === 'set-cookie'
    ? hideCookies(value)
    : /token|secret|^authorization$|api-?key|csrf|xsrf|session|password/i.test(name)
      ? value.replaceAll(/(?<![$\w])[\w.+/=~-]{12,}/g, '$SECRET')
      : value

/** What of an answer is a credential by its name and looks like one; words such as `password` are none. */
function freshIn(text: string): readonly string[] {
  return [NAMED, RANDOM].flatMap((pattern) =>
    [...text.matchAll(pattern)].flatMap(([all, before = '']) => {
      const value = unescaped(all.slice(before.length, -1))
      return isRandom(value) ? [value] : []
    }),
  )
}

function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string
  } catch {
    return text
  }
}

const isRandom = (value: string): boolean =>
  value.length >= 16 && /^[\w.+/=~-]+$/.test(value) && /\d/.test(value) && /[A-Za-z]/.test(value)

const JWT = /eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{16,}/g
/** A JSON string of some length under a name that says what it is; a placeholder is left. */
const NAMED =
  /("[\w-]{0,40}(?:token|secret|password|passwd|api[_-]?key|jwt|session[_-]?id)"\s{0,4}:\s{0,4}")(?!\$)(?:[^"\\]|\\.){8,}"/gi
/** Under a name that may say it, only what looks like a credential. */
const RANDOM = /("[\w-]{0,40}(?:key|code|sid|ticket|credential|csrf|xsrf)"\s{0,4}:\s{0,4}")(?!\$)([\w.+/=~-]{16,})"/gi
