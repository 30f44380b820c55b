import { fromBase64url } from '../vault/base64url.ts'

const MAX_BYTES = 8192
const SEGMENT = /^[A-Za-z0-9_-]*$/
const MEMBERS: readonly string[] = ['alg', 'kid', 'typ']
/** Digests of a certificate that some issuers send along. They name a key and bring none; nothing reads them. */
const THUMBPRINTS: readonly string[] = ['x5t', 'x5t#S256']
const STRING_TOKEN = /"(?:[^"\\]|\\.)*"/g

export interface CompactForm {
  readonly alg: string
  readonly kid: string | null
  readonly typ: string | null
  readonly payload: Uint8Array
}

/** Why it is none. For the audit log; it repeats nothing of the token. */
export interface CompactFault {
  readonly fault: string
}

/**
 * Takes a JWS in compact form apart (RFC 7515 section 3.1), stricter than any parser behind it: three parts of the base64url alphabet in their
 * one canonical spelling, and a flat header of `alg`, `kid` and `typ`, each a text and there once. Whatever brings a key or changes what is
 * signed (`jku`, `jwk`, `x5u`, `x5c`, `crit`, `b64`, `zip`) is refused before a signature is looked at (RFC 8725 section 3; ASVS 9.1).
 */
export function parseCompact(token: string): CompactForm | CompactFault {
  if (token.length > MAX_BYTES) return fault(`longer than ${MAX_BYTES} bytes`)
  const parts = token.split('.')
  if (parts.length !== 3) return fault('not three parts')
  if (!parts.every((part) => SEGMENT.test(part))) return fault('a part has a character beyond A-Z a-z 0-9 _ -')
  if (parts[0] === '' || parts[2] === '') return fault('it has no header or no signature')
  const [header, payload, signature] = parts.map(fromBase64url)
  if (!header || !payload || !signature) return fault('a part is not in canonical base64url')
  const members = parseHeader(header.toString('utf8'))
  return 'fault' in members ? members : { ...members, payload }
}

function parseHeader(text: string): Omit<CompactForm, 'payload'> | CompactFault {
  const members = flatTexts(text)
  if (!members) return fault('the header is no flat object of texts')
  const unknown = Object.keys(members).filter((name) => !MEMBERS.includes(name) && !THUMBPRINTS.includes(name))
  if (unknown.length > 0) return fault('the header has a member that is not accepted')
  // Every value is a text, so a key that came twice shows as more texts than the object kept.
  if ((text.match(STRING_TOKEN) ?? []).length !== Object.keys(members).length * 2)
    return fault('a header member came twice')
  if (members.alg === undefined) return fault('the header names no algorithm')
  return { alg: members.alg, kid: members.kid ?? null, typ: members.typ ?? null }
}

function flatTexts(text: string): Readonly<Record<string, string>> | null {
  try {
    const value: unknown = JSON.parse(text)
    const flat =
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.values(value).every((item) => typeof item === 'string')
    return flat ? (value as Record<string, string>) : null
  } catch {
    return null
  }
}

/** Whether a `typ` says the kind that is wanted: case does not count, nor the prefix `application/` (RFC 7515 section 4.1.9). */
export function isType(typ: string | null, wanted: string): boolean {
  return typ !== null && bareType(typ) === bareType(wanted)
}

function bareType(typ: string): string {
  return typ.toLowerCase().replace(/^application\//, '')
}

function fault(text: string): CompactFault {
  return { fault: text }
}
