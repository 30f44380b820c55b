/** What one budget had left after this request. */
export interface SpentLimit {
  readonly name: string
  readonly limit: number
  readonly windowSeconds: number
  readonly remaining: number
  /** Until the budget gives again. */
  readonly resetSeconds: number
  readonly allowed: boolean
}

const MAX_INTEGER = 999_999_999_999_999
const NOTHING: Readonly<Record<string, string>> = Object.freeze({})
// Names come from contracts and are few; their spelling is worked out once.
const spelled = new Map<string, string>()

/**
 * RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers, structured field lists, RFC 9651), and Retry-After when a budget
 * refused: not earlier than the latest reset of a budget that is empty (OWASP API4).
 * @throws {RangeError} If a name is not printable ASCII.
 */
export function rateLimitHeaders(spent: readonly SpentLimit[]): Readonly<Record<string, string>> {
  if (spent.length === 0) return NOTHING
  let policy = ''
  let state = ''
  let wait = 0
  let refused = false
  for (const { name, limit, windowSeconds, remaining, resetSeconds, allowed } of spent) {
    const label = spelled.get(name) ?? spell(name)
    const separator = policy === '' ? '' : ', '
    const reset = whole(resetSeconds)
    policy += `${separator}${label};q=${whole(limit)};w=${whole(windowSeconds)}`
    state += `${separator}${label};r=${Math.floor(Math.max(0, Math.min(remaining, MAX_INTEGER)))};t=${reset}`
    if (!allowed) refused = true
    if (!allowed || remaining < 1) wait = Math.max(wait, reset)
  }
  const headers = { 'ratelimit-policy': policy, ratelimit: state }
  return refused ? { ...headers, 'retry-after': String(Math.max(1, wait)) } : headers
}

/** Rounded up, so that nobody returns too early. */
function whole(amount: number): number {
  return Math.ceil(Math.max(0, Math.min(amount, MAX_INTEGER)))
}

/** A string of RFC 9651 section 4.1.6. */
function spell(name: string): string {
  if (!/^[\x20-\x7e]*$/.test(name))
    throw new RangeError(`limit name ${JSON.stringify(name)}: a structured field holds printable ASCII only`)
  const label = `"${name.replace(/["\\]/g, '\\$&')}"`
  if (spelled.size < 1000) spelled.set(name, label)
  return label
}
