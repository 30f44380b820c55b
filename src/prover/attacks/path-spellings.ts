/** A path that some router, proxy or guard takes for the same, and others do not. */
export interface Spelling {
  readonly how: string
  readonly path: string
}

/** Other spellings of an encoded path, as they go over the wire (RFC 3986 section 6; what servers differ on). */
export function spellingsOf(path: string): readonly Spelling[] {
  const parts = path.split('/').slice(1)
  const last = parts.at(-1) ?? ''
  const before = parts
    .slice(0, -1)
    .map((part) => `/${part}`)
    .join('')
  // Guards are written for the front of a path: /admin.
  const literal = parts.find((part) => isLiteral(part) && !/^(api|v\d+)$/i.test(part)) ?? last
  const capitals = parts.map((part) => `/${isLiteral(part) ? part.toUpperCase() : part}`).join('')
  const withLiteral = (other: string) => path.replace(`/${literal}`, `/${other}`)
  const all = [
    { how: 'slash at the end', path: `${path}/` },
    { how: 'two slashes at the front', path: `/${path}` },
    { how: 'two slashes inside', path: `${before}//${last}` },
    { how: 'capitals', path: capitals },
    { how: 'one capital', path: withLiteral(literal.charAt(0).toUpperCase() + literal.slice(1)) },
    { how: 'dot segment', path: `${before}/./${last}` },
    { how: 'encoded dot segment', path: `${before}/%2e/${last}` },
    { how: 'up and down again', path: `/x/..${path}` },
    { how: 'up and down again, encoded', path: `/x/%2e%2e${path}` },
    { how: 'encoded slash', path: `${before}%2f${last}` },
    { how: 'encoded letter', path: withLiteral(`%${literal.charCodeAt(0).toString(16)}${literal.slice(1)}`) },
    { how: 'twice encoded letter', path: withLiteral(`%25${literal.charCodeAt(0).toString(16)}${literal.slice(1)}`) },
    { how: 'path parameter', path: `${path};x` },
    { how: 'path parameter inside', path: `${before};x/${last}` },
    { how: 'extension', path: `${path}.json` },
    { how: 'blank at the end', path: `${path}%20` },
    { how: 'line end at the end', path: `${path}%0a` },
    { how: 'zero byte at the end', path: `${path}%00` },
    { how: 'backslash', path: `${before}\\${last}` },
  ] // A path of one segment has no inside.
  return all.filter((each) => each.path.startsWith('/') && each.path !== path)
}

const isLiteral = (part: string): boolean => /^[a-z][a-z-]*$/i.test(part)

/** What stands before every path, without a slash at its end. */
export const basePath = (base: URL): string => base.pathname.replace(/\/$/, '')
