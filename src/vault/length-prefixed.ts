const ABSENT = 0xff_ff_ff_ff

/**
 * Joins parts so that no two lists give the same bytes: each is its length in UTF-8 (32 bits) and then itself; null is a length no string has.
 * @throws {TypeError} For a lone surrogate: UTF-8 would replace it, and two texts would become one.
 */
export function lengthPrefixed(parts: readonly (string | null)[]): Buffer {
  return Buffer.concat(parts.flatMap((part) => (part === null ? [prefix(ABSENT)] : prefixed(part))))
}

/** @throws {TypeError} If `text` holds half of a surrogate pair. */
export function assertWellFormed(text: string): void {
  if (/\p{Surrogate}/u.test(text))
    throw new TypeError('The text holds a lone surrogate, which has no UTF-8 form; refuse it at the input')
}

function prefixed(part: string): [Buffer, Buffer] {
  assertWellFormed(part)
  const bytes = Buffer.from(part, 'utf8')
  return [prefix(bytes.byteLength), bytes]
}

function prefix(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(length)
  return bytes
}
