import { camel, singular, wordsOf } from './names.ts'

export interface Templates {
  /** `/orders/17` → `/orders/{orderId}`. */
  templateOf(path: string): string
  /** `{ orderId: '17' }`, decoded. */
  parametersIn(path: string): Readonly<Record<string, string>>
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
/** Database ids, ULIDs, prefixed and random ones: long, with digits among letters. */
const RANDOM = /^(?=.*\d)(?=.*[a-z])[\w-]{16,}$/i
const PREFIXED = /^[a-z]{1,8}[_-](?=.*\d)[\w-]{2,}$/i
const SLUG_WITH_DIGITS = /^(?=.*-[a-z]*\d[0-9a-z]*$)[a-z0-9]+(?:-[a-z0-9]+){2,12}$/i
const VERSION = /^v\d+(\.\d+)*$/i

/** Whether a segment names one of many whatever stands around it. */
function namesOne(segment: string): boolean {
  if (VERSION.test(segment)) return false
  const text = decoded(segment)
  return (
    /^-?\d+$/.test(text) ||
    UUID.test(text) ||
    RANDOM.test(text) ||
    PREFIXED.test(text) ||
    SLUG_WITH_DIGITS.test(text) ||
    /^[^@/\s]{1,100}@[^@/\s]{1,100}$/.test(text)
  )
}

/**
 * Templates of recorded paths. What names one of many becomes a parameter; below a plural so does what reads like the
 * title of one: `/articles/my-first-text`.
 */
export function templatesOf(paths: readonly string[]): Templates {
  const all = paths.map((path) => path.split('/').filter((segment) => segment !== ''))
  const byPlace = new Map<string, Set<string>>()
  const shape = (segments: readonly string[], index: number): string =>
    segments
      .slice(0, index)
      .map((each) => (namesOne(each) ? '{}' : each))
      .join('/')
  for (const segments of all)
    for (const [index, segment] of segments.entries()) {
      const key = shape(segments, index)
      byPlace.set(key, (byPlace.get(key) ?? new Set()).add(segment))
    }
  const isParameter = (segments: readonly string[], index: number): boolean => {
    const segment = segments[index] ?? ''
    if (namesOne(segment)) return true
    const before = segments[index - 1] ?? ''
    const word = wordsOf(before).at(-1) ?? ''
    // Only below a plural, and never what looks like a word of the API.
    if (before === '' || namesOne(before) || singular(word) === word) return false
    if (
      /^(me|self|new|search|export|import|count|stats|bulk|batch|latest|current|recent|popular|feed|login|logout|register)$/i.test(
        segment,
      )
    )
      return false
    // Three words and more are a title; two may be an action, such as `bulk-import`, unless there are many.
    const others = [...(byPlace.get(shape(segments, index)) ?? [])]
    const titled = others.filter((each) => /-[^-]+-/.test(each))
    if (/-[^-]+-/.test(segment)) return titled.length > 1 || others.some(namesOne)
    return segment.includes('-') && others.filter((each) => each.includes('-')).length >= 4
  }
  const named = (path: string): readonly { readonly segment: string; readonly name: string | null }[] => {
    const segments = path.split('/').filter((segment) => segment !== '')
    const used = new Set<string>()
    return segments.map((segment, index) => {
      if (!isParameter(segments, index)) return { segment, name: null }
      const before = segments.slice(0, index).findLast((_, at) => !isParameter(segments, at)) ?? ''
      const words = wordsOf(before)
      const plain = words.length === 0 ? 'id' : `${camel([...words.slice(0, -1), singular(words.at(-1) as string)])}Id`
      let name = plain
      for (let count = 2; used.has(name); count++) name = `${plain}${count}`
      used.add(name)
      return { segment, name }
    })
  }
  return {
    templateOf: (path) =>
      `/${named(path)
        .map(({ segment, name }) => (name === null ? segment : `{${name}}`))
        .join('/')}`,
    parametersIn: (path) =>
      Object.fromEntries(named(path).flatMap(({ segment, name }) => (name === null ? [] : [[name, decoded(segment)]]))),
  }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
