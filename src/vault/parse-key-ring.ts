import { Secret } from '../base/secret.ts'
import { fromBase64url } from './base64url.ts'
import { KeyRing, KID, type RingKey } from './key-ring.ts'
import { keyWeakness } from './key-weakness.ts'

const HOW =
  'write a list of kid:key, newest first, or {"keys":[{"kid","key"}]}; a key is 32 random bytes in base64url, as from "openssl rand -base64 32 | tr +/ -_ | tr -d ="'

interface Entry {
  readonly kid: unknown
  readonly key: unknown
}

/**
 * Reads a key ring from settings: `kid:key` pairs apart by commas or white space, or JSON `{"keys":[{"kid","key"}]}`; the first key is active.
 * @throws {RangeError} For a ring that is missing or malformed, and for keys that are short, long, repeated, placeholders or not random
 *   (ASVS 13.3): every fault at once, none showing a key.
 */
export function parseKeyRing(text: string): KeyRing {
  if (typeof text !== 'string' || text.trim() === '') throw new RangeError(`The key ring is missing; ${HOW}`)
  const entries = text.trim().startsWith('{') ? readJson(text) : readList(text)
  if (entries === null || entries.length === 0) throw new RangeError(`The key ring is malformed; ${HOW}`)
  const keys: RingKey[] = []
  const faults: string[] = []
  for (const [index, entry] of entries.entries()) {
    const name = typeof entry.kid === 'string' && KID.test(entry.kid) ? `"${entry.kid}"` : `number ${index + 1}`
    const read = readEntry(entry, keys)
    if (Array.isArray(read)) faults.push(...read.map((fault) => `key ${name} ${fault}`))
    else keys.push(read as RingKey)
  }
  if (faults.length > 0) throw new RangeError(`The key ring is not safe: ${faults.join('; ')}. To mend it, ${HOW}`)
  return new KeyRing(keys)
}

function readEntry({ kid, key }: Entry, earlier: readonly RingKey[]): RingKey | readonly string[] {
  const faults: string[] = []
  if (typeof kid !== 'string' || !KID.test(kid)) faults.push('has no name of 1 to 32 letters, digits, "_" or "-"')
  else if (earlier.some((other) => other.kid === kid)) faults.push('is named twice')
  const bytes = typeof key === 'string' ? fromBase64url(key) : null
  const weakness = bytes === null ? weaknessOfText(key) : keyWeakness(bytes)
  if (weakness !== null) faults.push(weakness)
  if (bytes && earlier.some((other) => bytes.equals(other.root.reveal()))) faults.push('has the bytes of another key')
  return bytes && faults.length === 0 ? { kid: kid as string, root: new Secret<Uint8Array>(bytes) } : faults
}

function weaknessOfText(key: unknown): string {
  return key === undefined || key === '' ? 'is missing' : 'is not in base64url without padding'
}

function readList(text: string): readonly Entry[] {
  return text
    .split(/[\s,]+/)
    .filter((item) => item !== '')
    .map((item) => ({ kid: item.slice(0, Math.max(item.indexOf(':'), 0)), key: item.slice(item.indexOf(':') + 1) }))
}

function readJson(text: string): readonly Entry[] | null {
  try {
    const { keys, ...rest } = JSON.parse(text) as { keys?: unknown }
    return Array.isArray(keys) && Object.keys(rest).length === 0 && keys.every(isEntry) ? keys : null
  } catch {
    // The parser's own message quotes the text, keys included.
    return null
  }
}

function isEntry(value: unknown): value is Entry {
  return (
    typeof value === 'object' && value !== null && Object.keys(value).every((name) => name === 'kid' || name === 'key')
  )
}
