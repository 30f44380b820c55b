/** JSON with sorted keys, without white space: equal values give equal text. A value inside itself is written as `…`. */
export function canonical(value: unknown): string {
  return JSON.stringify(sorted(value, new Set())) ?? 'null'
}

function sorted(value: unknown, around: ReadonlySet<unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (around.has(value)) return '…'
  const within = new Set([...around, value])
  if (Array.isArray(value)) return value.map((each) => sorted(each, within))
  const entries = Object.entries(value).filter(([, each]) => each !== undefined)
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, sorted(each, within)]),
  )
}
