// What no log may hold, by its shape. Every pattern starts with something rare and has bounded or single repeats: linear on hostile text.
const SECRETS: readonly (readonly [RegExp, string])[] = [
  // "Bearer" and what is no plain word: prose about Bearer credentials stays readable.
  [/\bBearer\s{1,8}(?:[A-Za-z]{16}|[A-Za-z]{0,15}[\d._~+/=-])[\w.~+/=-]*/gi, 'Bearer [redacted]'],
  [/\btp_[A-Za-z0-9]{1,64}_[\w-]{8,}/g, '[redacted]'],
  [/\brt_[\w-]{8,}/g, '[redacted]'],
  // A JWT, its signature cut off or not.
  [/\beyJ[\w-]{4,4096}\.[\w-]{4,}(?:\.[\w-]*)?/g, '[redacted]'],
  // The password in a URL.
  [/(:\/\/[^\s:@/"]{0,64}:)[^\s@/"]{1,256}@/g, '$1[redacted]@'],
]

/** The last net under a log's writer, who only ever gets names and ids (ASVS 16.2.5). Safe on JSON text: it never touches a quote. */
export function redact(text: string): string {
  return SECRETS.reduce((cleaned, [shape, instead]) => cleaned.replace(shape, instead), text)
}
