import { Refusal } from '../../base/refusal.ts'

/** Where a request goes, in the one spelling that router, limits, access check and audit log share. */
export interface CanonicalTarget {
  readonly path: string
  readonly segments: readonly string[]
  readonly query: string
}

const BAD = 0
const PLAIN = 1
const SEPARATOR = 2
const ESCAPE = 3
const QUERY = 4

/** pchar of RFC 3986 section 3.3 without `;`: what follows a semicolon is a parameter for some servers and part of the name for others. */
const KINDS = new Uint8Array(256)
for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,=:@") {
  KINDS[character.charCodeAt(0)] = PLAIN
}
KINDS[0x2f] = SEPARATOR
KINDS[0x25] = ESCAPE
KINDS[0x3f] = QUERY

/** Printable ASCII without `#`. What a query means is for the decoder of the endpoint. */
const BAD_IN_QUERY = /[^\x21\x22\x24-\x7e]/
const ESCAPE_PAIR = /^[0-9A-F]{2}/
const HEX_PAIR = /^[0-9A-Fa-f]{2}/
const UNRESERVED = /^[A-Za-z0-9._~-]$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const CONTROL = /[\0-\x1f\x7f-\x9f]/

/**
 * Reads an origin-form target (RFC 9112 section 3.2.1). Nothing is repaired: a path in another than the canonical spelling is refused, since
 * policy and handler might read it differently (OWASP API5, API8). Sub-delimiters, `:` and `@` may come raw or escaped: encoders differ, the
 * decoded segment is the same.
 * @returns `path` exactly as sent, `segments` decoded (none for `/`), `query` raw without its `?`.
 * @throws {Refusal} `bad_path`: other forms, `//`, trailing slash, dot segments, `;`, `#`, backslash, raw non-ASCII, lower-case or malformed
 *   escapes, escaped unreserved characters, escaped `/`, `\` or controls, an escape of an escape, text that is not UTF-8.
 */
export function canonicalTarget(target: string): CanonicalTarget {
  if (KINDS[target.charCodeAt(0)] !== SEPARATOR) throw badPath('the target is not in origin form')
  const segments: string[] = []
  const length = target.length
  let start = 1
  let end = 1
  let escaped = false
  for (; end < length; end++) {
    const kind = KINDS[target.charCodeAt(end)] ?? BAD
    if (kind === PLAIN) continue
    if (kind === ESCAPE) {
      escaped = true
    } else if (kind === SEPARATOR) {
      segments.push(segmentOf(target.slice(start, end), escaped))
      start = end + 1
      escaped = false
    } else if (kind === QUERY) {
      break
    } else {
      throw badPath(`character 0x${target.charCodeAt(end).toString(16)} at ${end}`)
    }
  }
  if (end > 1) segments.push(segmentOf(target.slice(start, end), escaped))
  const query = target.slice(end + 1)
  if (query !== '' && BAD_IN_QUERY.test(query))
    throw badPath('the query holds "#", a control or a raw non-ASCII character')
  return { path: target.slice(0, end), segments, query }
}

function segmentOf(raw: string, escaped: boolean): string {
  if (raw === '') throw badPath('an empty segment or a trailing slash')
  if (raw === '.' || raw === '..') throw badPath('a dot segment')
  return escaped ? decodeSegment(raw) : raw
}

function decodeSegment(raw: string): string {
  for (let at = raw.indexOf('%'); at !== -1; at = raw.indexOf('%', at + 1)) {
    const pair = raw.slice(at + 1, at + 3)
    if (!ESCAPE_PAIR.test(pair)) throw badPath('a percent escape that is not two upper-case hex digits')
    const character = String.fromCharCode(Number.parseInt(pair, 16))
    if (UNRESERVED.test(character)) throw badPath('an escaped character that needs no escape')
    if (character === '/' || character === '\\') throw badPath('an escaped separator')
    // A second decoder behind us would read another path.
    if (character === '%' && HEX_PAIR.test(raw.slice(at + 3))) throw badPath('an escaped escape')
  }
  let text: string
  try {
    text = decodeURIComponent(raw)
  } catch {
    throw badPath('escapes that are not UTF-8')
  }
  if (CONTROL.test(text)) throw badPath('an escaped control character')
  return text
}

function badPath(detail: string): Refusal {
  return new Refusal('bad_path', { detail })
}
