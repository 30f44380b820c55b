/**
 * One word of a POSIX shell that stands for exactly this text; placeholders are left for the shell to fill in.
 * @param placeholders - What is one, as `placeholderPattern` says; anything else that looks like a variable is plain text.
 * @throws {RangeError} For a NUL, which no argument of a program can hold.
 */
export function shellWord(text: string, placeholders: RegExp | null = null): string {
  if (text.includes('\0')) throw new RangeError('no argument of a program holds a NUL; write such bytes with printf')
  if (/^[\w@%+=:,./-]+$/.test(text)) return text
  const pieces = placeholders === null ? [text] : text.split(placeholders)
  // Split by a pattern with one group, the odd pieces are what it matched.
  return pieces
    .map((piece, index) => (index % 2 === 1 ? `"${piece}"` : piece === '' ? '' : single(piece)))
    .join('')
    .replace(/^$/, "''")
}

/** The text as an argument of `printf %b`: what is not plain is written as octal bytes, so that any body survives. */
export const printfWord = (text: string): string =>
  single(
    [...Buffer.from(text)]
      .map((byte) =>
        byte >= 0x20 && byte < 0x7f && !"\\'".includes(String.fromCharCode(byte))
          ? String.fromCharCode(byte)
          : `\\0${byte.toString(8).padStart(3, '0')}`,
      )
      .join(''),
  )

/**
 * Matches what stands for a secret of these identities, and nothing else: `$TOKEN_BOB`, `$COOKIE_BOB`.
 * Texts of the target that look like other variables of a shell (`$HOME`) stay texts.
 */
export function placeholderPattern(identities: readonly string[]): RegExp {
  const names = identities.map((name) => name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_'))
  // Made of letters, digits and underscores only.
  // eslint-disable-next-line security/detect-non-literal-regexp
  return new RegExp(`(\\$[A-Z0-9_]{1,64}?_(?:${[...names, 'THROWAWAY\\d{1,4}'].join('|')})(?![A-Za-z0-9_]))`)
}

const single = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
