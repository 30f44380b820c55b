import { isUtf8 } from 'node:buffer'
import { Refusal } from '../base/refusal.ts'

export interface JsonLimits {
  /** Levels of objects and arrays. */
  readonly maxDepth: number
}

const QUOTE = 0x22
const COLON = 0x3a
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const MINUS = 0x2d
const isForbidden = (key: string) => key === '__proto__' || key === 'constructor' || key === 'prototype'
const LONE_SURROGATE = /\p{Surrogate}/u
const DECIMAL = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/
/** Beyond this many keys in one object a set finds a repetition faster than a look along the list. */
const FEW_KEYS = 12

/**
 * Parses a JSON body. `JSON.parse` decides what JSON is; on top this refuses what two parsers would read differently, or a program misuse:
 * repeated keys, `__proto__`, `constructor` and `prototype` as keys, lone surrogates, U+0000 (PostgreSQL stores no text with it, others cut it
 * there), a byte order mark, bytes that are not UTF-8, numbers that a double cannot hold, and nesting beyond `maxDepth` (RFC 8259 sections 4, 6,
 * 8; RFC 7493; OWASP API3; ASVS 15.3).
 * One pass over the text comes before `JSON.parse`, so that deep nesting never reaches its recursion.
 * @throws {Refusal} `bad_json`; the detail names no content of the body.
 */
export function parseStrictJson(bytes: Uint8Array, limits: JsonLimits): unknown {
  if (!isUtf8(bytes)) throw badJson('not UTF-8')
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = buffer.toString('utf8')
  if (text.charCodeAt(0) === 0xfeff) throw badJson('a byte order mark')
  scan(text, limits.maxDepth)
  try {
    return JSON.parse(text)
  } catch {
    throw badJson('not JSON')
  }
}

/**
 * Looks at every key, number, string and bracket of a text that will be parsed afterwards. On a text that is no JSON it may find anything or
 * nothing, but ends, and in linear time.
 */
function scan(text: string, maxDepth: number): void {
  const keys: string[] = []
  const starts: number[] = []
  const sets: (Set<string> | undefined)[] = []
  let backslash = text.indexOf('\\')
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      let end = text.indexOf('"', at + 1)
      if (backslash !== -1 && backslash < at) backslash = text.indexOf('\\', at)
      const escaped = backslash !== -1 && backslash < end
      if (escaped) end = endOfString(text, backslash)
      if (end === -1) throw badJson('not JSON')
      const isKey = text.charCodeAt(afterSpace(text, end + 1)) === COLON
      if (escaped) {
        const literal = text.slice(at, end + 1)
        // Without \u the escapes stand for harmless characters; only a key needs to be known.
        const content = isKey || literal.includes('\\u') ? contentOf(literal) : ''
        if (isKey) checkKey(content, keys, starts, sets)
      } else if (isKey) {
        checkKey(text.slice(at + 1, end), keys, starts, sets)
      }
      at = end
    } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      if (!(starts.length < maxDepth)) throw badJson(`nested deeper than ${maxDepth}`)
      starts.push(keys.length)
      sets.push(undefined)
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      keys.length = starts.pop() ?? 0
      sets.pop()
    } else if ((code >= 0x30 && code <= 0x39) || code === MINUS) {
      const end = endOfNumber(text, at + 1)
      checkNumber(text.slice(at, end))
      at = end - 1
    }
  }
}

function endOfString(text: string, backslash: number): number {
  let at = backslash
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) return at
    if (code === 0x5c) at++
  }
  return -1
}

function endOfNumber(text: string, from: number): number {
  let at = from
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (!((code >= 0x30 && code <= 0x39) || (code | 0x20) === 0x65 || code === 0x2e || code === 0x2b || code === MINUS))
      break
  }
  return at
}

function afterSpace(text: string, from: number): number {
  let at = from
  for (
    let code = text.charCodeAt(at);
    code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
    code = text.charCodeAt(at)
  )
    at++
  return at
}

function contentOf(literal: string): string {
  let content: unknown
  try {
    content = JSON.parse(literal)
  } catch {
    throw badJson('not JSON')
  }
  if (typeof content !== 'string' || LONE_SURROGATE.test(content)) throw badJson('a lone surrogate')
  if (content.includes('\0')) throw badJson('the character U+0000')
  return content
}

/** `keys` holds the keys of all open containers, innermost last; `starts` where each container's begin. */
function checkKey(key: string, keys: string[], starts: readonly number[], sets: (Set<string> | undefined)[]): void {
  if (isForbidden(key)) throw badJson(`the key ${key}`)
  const start = starts[starts.length - 1] ?? 0
  const set = sets[sets.length - 1]
  if (set) {
    if (set.has(key)) throw badJson('a repeated key')
    set.add(key)
    return
  }
  for (let at = start; at < keys.length; at++) if (keys[at] === key) throw badJson('a repeated key')
  keys.push(key)
  if (keys.length - start > FEW_KEYS) sets[sets.length - 1] = new Set(keys.slice(start))
}

/** Fifteen significant digits always survive a double; longer ones and exponents are compared with what comes back. */
function checkNumber(literal: string): void {
  const plain = !literal.includes('e') && !literal.includes('E')
  if (plain && literal.length <= 15) return
  const value = Number(literal)
  if (Number.isNaN(value)) throw badJson('not JSON')
  if (!Number.isFinite(value)) throw badJson('a number beyond the range of a double')
  if (plain && !literal.includes('.')) {
    if (!Number.isSafeInteger(value)) throw badJson('an integer beyond 2^53 - 1')
    return
  }
  if (decimalOf(literal) !== decimalOf(String(value))) throw badJson('a number that a double cannot hold')
}

/** Digits without leading and trailing zeros, and the power of ten of the last: `1.50` and `15e-1` are both `15e-1`. */
function decimalOf(literal: string): string {
  const [, whole = '', fraction = '', power = '0'] = DECIMAL.exec(literal) ?? []
  const digits = whole + fraction
  let first = 0
  while (first < digits.length && digits.charCodeAt(first) === 0x30) first++
  let last = digits.length
  while (last > first && digits.charCodeAt(last - 1) === 0x30) last--
  if (first === last) return '0'
  return `${digits.slice(first, last)}e${Number(power) - fraction.length + digits.length - last}`
}

function badJson(detail: string): Refusal {
  return new Refusal('bad_json', { detail, description: detail })
}

export interface MediaType {
  /** `type/subtype` in lower case. */
  readonly type: string
  /** In lower case; null when not given. */
  readonly charset: string | null
}

const JSON_TYPE: MediaType = Object.freeze({ type: 'application/json', charset: null })
const JSON_UTF8: MediaType = Object.freeze({ type: 'application/json', charset: 'utf-8' })
const MEDIA_TYPE =
  /^([!#$&^_.+0-9a-z-]{1,127}\/[!#$&^_.+0-9a-z-]{1,127})(?: ?; ?charset=(?:"([0-9a-z_.:+-]{1,40})"|([0-9a-z_.:+-]{1,40})))?$/

/**
 * Reads a Content-Type (RFC 9110 section 8.3) into one spelling: lower case, at most one space around `;`, no parameter but `charset`. What is
 * written otherwise (tabs, trailing semicolons, further parameters, repeated charset) is null, so that no handler sees a type that no
 * validator knew (lessons of CVE-2025-32442 and CVE-2026-25223).
 */
export function mediaTypeOf(contentType: string | undefined): MediaType | null {
  if (contentType === undefined) return null
  if (contentType === 'application/json') return JSON_TYPE
  const match = MEDIA_TYPE.exec(contentType.toLowerCase())
  if (!match) return null
  const charset = match[2] ?? match[3] ?? null
  if (match[1] === 'application/json' && charset === 'utf-8') return JSON_UTF8
  return { type: match[1] as string, charset }
}
