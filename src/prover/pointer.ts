/** The value at a JSON Pointer (RFC 6901); undefined where there is none. */
export function at(value: unknown, pointer: string): unknown {
  let held = value
  for (const key of keysOf(pointer)) {
    if (typeof held !== 'object' || held === null || !Object.hasOwn(held, key)) return undefined
    held = (held as Readonly<Record<string, unknown>>)[key]
  }
  return held
}

/**
 * A copy with the value at the pointer replaced or, with undefined, removed. Missing objects on the way are made; `*` stands for each item of an array.
 */
export function withAt(value: unknown, pointer: string, replacement: unknown): unknown {
  return replaced(value, keysOf(pointer), replacement)
}

function replaced(value: unknown, [key, ...rest]: readonly string[], replacement: unknown): unknown {
  if (key === undefined) return replacement
  if (Array.isArray(value)) {
    if (key === '*') return value.map((item) => replaced(item, rest, replacement))
    return value.map((item, index) => (String(index) === key ? replaced(item, rest, replacement) : item))
  }
  const { [key]: held, ...others } = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >
  const changed = replaced(held, rest, replacement)
  return changed === undefined ? others : { ...others, [key]: changed }
}

/** Every value below with its pointer, depth first, bounded in depth. */
export function* leavesOf(value: unknown, pointer = '', depth = 0): Generator<{ at: string; value: unknown }> {
  if (typeof value !== 'object' || value === null || depth > 12) {
    yield { at: pointer, value }
    return
  }
  for (const [key, child] of Object.entries(value)) yield* leavesOf(child, `${pointer}/${escaped(key)}`, depth + 1)
}

const escaped = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1')

function keysOf(pointer: string): readonly string[] {
  if (pointer === '') return []
  return pointer
    .replace(/^\//, '')
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
}
