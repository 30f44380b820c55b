import { isMap, isScalar, LineCounter, parseDocument, visit } from 'yaml'

const MAX_CHARACTERS = 50_000_000
/** Aliases of aliases count with all that they stand for; real documents stay far below. */
const MAX_ALIASES = 10_000

const noticed = new WeakMap<object, readonly string[]>()

/**
 * Parses an OpenAPI document, JSON or YAML, into plain values.
 * @param name - How messages call it: a file name, an address.
 * @throws {RangeError} When it is longer than 50 million characters.
 * @throws {TypeError} When it is neither, with the line and column.
 */
export function parseDocumentText(text: string, name: string): unknown {
  if (text.length > MAX_CHARACTERS)
    throw new RangeError(`${name} has ${text.length} characters; at most ${MAX_CHARACTERS} are read: split it`)
  const bare = text.replace(/^\uFEFF/, '')
  if (/^\s*[[{]/.test(bare)) {
    try {
      return JSON.parse(bare)
    } catch {
      // YAML takes JSON as well, forgives more, and says the line of what it does not.
    }
  }
  try {
    return parseYaml(bare)
  } catch (error) {
    throw new TypeError(`${name} is no JSON or YAML that can be read: ${reasonOf(error)}`, { cause: error })
  }
}

/** What parsing a document noticed and read all the same: keys that stand twice. */
export const noticedIn = (document: unknown): readonly string[] =>
  typeof document === 'object' && document !== null ? (noticed.get(document) ?? []) : []

function parseYaml(text: string): unknown {
  const lines = new LineCounter()
  const document = parseDocument(text, { uniqueKeys: false, merge: true, logLevel: 'error', lineCounter: lines })
  const [first] = document.errors
  if (first) throw first
  const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES })
  if (typeof value === 'object' && value !== null) noticed.set(value, repeatedKeys(document, lines))
  return value
}

function repeatedKeys(document: ReturnType<typeof parseDocument>, lines: LineCounter): readonly string[] {
  const found: string[] = []
  visit(document, (_key, node) => {
    if (!isMap(node)) return
    const seen = new Set<unknown>()
    for (const { key } of node.items) {
      if (!isScalar(key)) continue
      if (seen.has(key.value) && key.value !== '<<') {
        const { line, col } = lines.linePos(key.range?.[0] ?? 0)
        found.push(`line ${line}, column ${col}: the key ${String(key.value)} stands twice; the last one counts`)
      }
      seen.add(key.value)
    }
  })
  return found
}

/** The first line of a message of the parser, which draws the place below it. */
const reasonOf = (error: unknown): string =>
  error instanceof RangeError
    ? 'it nests too deep'
    : ((error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '').replace(/:$/, '')
