const PREFIX_BYTES = 4
const ABSENT = 0xff_ff_ff_ff

/**
 * Joins parts so that no two lists give the same bytes: each is its length in UTF-8 (32 bits) and then itself; null is a length no string has.
 * @throws {TypeError} For a lone surrogate: UTF-8 would replace it, and two texts would become one.
 */
export function lengthPrefixed(parts: readonly (string | null)[]): Buffer {
  const lengths = parts.map((part) => (part === null ? 0 : Buffer.byteLength(part)))
  const joined = Buffer.allocUnsafe(lengths.reduce((total, length) => total + PREFIX_BYTES + length, 0))
  let at = 0
  for (const [index, part] of parts.entries()) {
    const length = lengths[index] as number
    at = joined.writeUInt32BE(part === null ? ABSENT : length, at)
    if (part === null) continue
    assertWellFormed(part)
    at += joined.write(part, at, length)
  }
  return joined
}

/** @throws {TypeError} If `text` holds half of a surrogate pair. */
export function assertWellFormed(text: string): void {
  if (/\p{Surrogate}/u.test(text)) {
    throw new TypeError('The text holds a lone surrogate, which has no UTF-8 form; refuse it at the input')
  }
}
