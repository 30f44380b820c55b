import { Refusal } from '../base/refusal.ts'
import type { Lifecycle } from '../contract/lifecycle.ts'

const ALIVE: Readonly<Record<string, string>> = Object.freeze({})
const written = new WeakMap<Lifecycle, Readonly<Record<string, string>>>()

/**
 * Deprecation (RFC 9745), Sunset (RFC 8594) and the link to what replaces the endpoint (OWASP API9).
 * @param now - Milliseconds since 1970.
 * @returns Headers for the reply; the same frozen object for the same lifecycle.
 * @throws {Refusal} `gone` from the instant of the sunset on, with the same headers.
 */
export function deprecation(lifecycle: Lifecycle, now: number): Readonly<Record<string, string>> {
  const { deprecated, sunset } = lifecycle
  if (deprecated === undefined && sunset === undefined) return ALIVE
  let headers = written.get(lifecycle)
  if (!headers) {
    headers = Object.freeze(write(lifecycle))
    written.set(lifecycle, headers)
  }
  // Not "now >= sunset": a sunset or clock that is no number must not keep the endpoint alive.
  if (sunset !== undefined && !(now < sunset.getTime())) throw new Refusal('gone', { headers })
  return headers
}

function write({ deprecated, sunset, link }: Lifecycle): Record<string, string> {
  const headers: Record<string, string> = {}
  if (deprecated !== undefined) headers.deprecation = `@${Math.floor(deprecated.getTime() / 1000)}`
  if (sunset !== undefined) headers.sunset = sunset.toUTCString()
  if (link !== undefined) {
    const relations = [deprecated && 'deprecation', sunset && 'sunset'].filter(Boolean)
    headers.link = `<${link}>; rel="${relations.join(' ')}"`
  }
  return headers
}
