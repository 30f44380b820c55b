const WIDTH = 120
/** Blocks of a lock file down to this depth are never on one line. */
const BLOCKS = 3

/** Members that are empty by default: left out, as null is. */
const EMPTY = new Set([
  'acknowledged',
  'bodyTypes',
  'by',
  'fields',
  'flows',
  'input',
  'params',
  'parents',
  'refusals',
  'relations',
  'reply',
  'resources',
  'schemes',
  'scopes',
  'servers',
])

/** JSON for review: keys sorted, what fits on a line below the blocks on one line, members that are null or empty by default left out. */
export function formatStable(value: unknown): string {
  return `${written(value, 0, '', 0)}\n`
}

/** @param taken - Characters of the line that are in use before the value, and after it. */
function written(value: unknown, depth: number, indent: string, taken: number): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const inline = oneLine(value)
  const fits = indent.length + taken + inline.length <= WIDTH
  if (fits && (depth > BLOCKS || Array.isArray(value))) return inline
  const inner = `${indent}  `
  const lines = Array.isArray(value)
    ? value.map((each) => inner + written(each, depth + 1, inner, 1))
    : members(value).map(([key, each]) => {
        const name = `${JSON.stringify(key)}: `
        return inner + name + written(each, depth + 1, inner, name.length + 1)
      })
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  return lines.length === 0 ? `${open}${close}` : `${open}\n${lines.join(',\n')}\n${indent}${close}`
}

function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const inside = members(value).map(([key, each]) => `${JSON.stringify(key)}: ${oneLine(each)}`)
  return inside.length === 0 ? '{}' : `{ ${inside.join(', ')} }`
}

function members(value: object): readonly [string, unknown][] {
  return Object.entries(value)
    .filter(([key, each]) => each !== null && each !== undefined && !(EMPTY.has(key) && isEmpty(each)))
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0
