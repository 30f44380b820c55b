import { regexpOf } from './document-pattern.ts'

/** How long a text may be, in characters. */
export interface Lengths {
  readonly least?: number
  readonly most?: number
}

const TRIES = 60

/**
 * A text that a pattern of JSON Schema matches, within its lengths: literals, classes, groups, alternatives, counts and
 * back references are written; look-around is not, but what is written is checked with the pattern itself.
 * Null where none was found.
 */
export function matchingText(
  pattern: string,
  random: () => number,
  { least = 0, most = Infinity }: Lengths = {},
): string | null {
  const regexp = regexpOf(pattern)
  if (regexp === null) return null
  const tree = treeOf(pattern)
  if (tree === null) return null
  const isOpen = { start: !pattern.startsWith('^'), end: !pattern.endsWith('$') }
  const shortest = [...write(tree, { random, extra: 0, isExact: false, groups: [], room: { left: MOST_WRITTEN } })]
    .length
  for (let attempt = 0; attempt < TRIES; attempt++) {
    // What may repeat does so a little by chance, or all of it as often as the text lacks characters, shared by some.
    const lacking = Math.max(least - shortest, 0)
    const isExact = attempt % 2 === 1
    const extra = isExact ? Math.ceil(lacking / ((attempt % 5) + 1)) : lacking > 0 ? lacking : (attempt >> 1) % 7
    let text = write(tree, { random, extra, isExact, groups: [], room: { left: MOST_WRITTEN } })
    if (isOpen.end && text.length < least) text = text.padEnd(least, 'x')
    else if (isOpen.start && text.length < least) text = text.padStart(least, 'x')
    const length = [...text].length
    if (length >= least && length <= most && regexp.test(text)) return text
  }
  return null
}

/** Null where it nests deeper than it can be read. */
function treeOf(pattern: string): Node | null {
  try {
    return new PatternReader(pattern).alternatives()
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

type Node =
  | { readonly kind: 'one-of'; readonly options: readonly (readonly Node[])[]; readonly group: number | null }
  | { readonly kind: 'class'; readonly ranges: readonly Range[] }
  | { readonly kind: 'same-as'; readonly group: number }
  | { readonly kind: 'repeat'; readonly node: Node; readonly least: number; readonly most: number }

type Range = readonly [from: number, to: number]

interface Writing {
  readonly random: () => number
  /** Repetitions beyond the least, at most. */
  readonly extra: number
  /** As many repetitions as `extra` says, not by chance. */
  readonly isExact: boolean
  readonly groups: string[]
  /** How much may be written yet: counts that nest multiply. */
  readonly room: { left: number }
}

const MOST_WRITTEN = 20_000

function write(node: Node, writing: Writing): string {
  const { random, extra, isExact, groups, room } = writing
  if (--room.left < 0) return ''
  switch (node.kind) {
    case 'one-of': {
      const option = node.options[Math.floor(random() * node.options.length)] ?? []
      const text = option.map((each) => write(each, writing)).join('')
      if (node.group !== null) groups[node.group] = text
      return text
    }
    case 'class': {
      const [from, to] = node.ranges[Math.floor(random() * node.ranges.length)] ?? [120, 120]
      return String.fromCodePoint(from + Math.floor(random() * (to - from + 1)))
    }
    case 'same-as':
      return groups[node.group] ?? ''
    case 'repeat': {
      const more = isExact ? extra : Math.floor(random() * (extra + 1))
      const count = Math.min(node.most, node.least + Math.min(more, 500))
      let text = ''
      for (let index = 0; index < count && room.left > 0; index++) text += write(node.node, writing)
      return text
    }
  }
}

const DIGITS: readonly Range[] = [[48, 57]]
const LOWER: readonly Range[] = [[97, 122]]
const LETTERS: readonly Range[] = [...LOWER, [65, 90]]
const WORD: readonly Range[] = [...LETTERS, ...DIGITS, [95, 95]]
const ESCAPES: Readonly<Record<string, readonly Range[]>> = {
  d: DIGITS,
  w: WORD,
  s: [[32, 32]],
  D: LETTERS,
  W: [[45, 45]],
  S: LETTERS,
  n: [[10, 10]],
  t: [[9, 9]],
  r: [[13, 13]],
}
/** Unicode properties that are met; any other is taken for letters. */
const PROPERTIES: Readonly<Record<string, readonly Range[]>> = {
  N: DIGITS,
  Nd: DIGITS,
  Lu: [[65, 90]],
  Ll: LOWER,
  P: [[45, 46]],
  Z: [[32, 32]],
  Zs: [[32, 32]],
}

class PatternReader {
  readonly #text: string
  #at = 0
  #groups = 0

  constructor(pattern: string) {
    this.#text = pattern
  }

  alternatives(group: number | null = null): Node {
    const options: Node[][] = [[]]
    while (this.#at < this.#text.length && this.#peek() !== ')') {
      if (this.#take('|')) {
        options.push([])
        continue
      }
      const node = this.#atom()
      if (node) options.at(-1)?.push(this.#repeated(node))
    }
    return { kind: 'one-of', options, group }
  }

  #atom(): Node | null {
    const character = this.#next()
    if (character === '(') return this.#group()
    if (character === '[') return { kind: 'class', ranges: this.#class() }
    if (character === '.') return { kind: 'class', ranges: WORD }
    if (character === '^' || character === '$') return null
    return character === '\\' ? this.#escape() : only(character)
  }

  #group(): Node | null {
    const around = /^\?(?:=|!|<=|<!)/.exec(this.#rest(3))
    const named = /^\?<([A-Za-z_]\w{0,60})>/.exec(this.#rest(64))
    const plain = /^\?[a-z-]{0,8}:/.exec(this.#rest(12))
    this.#at += (around ?? named ?? plain)?.[0].length ?? 0
    const node = this.alternatives(around || plain ? null : ++this.#groups)
    this.#take(')')
    return around ? null : node
  }

  #escape(): Node | null {
    const character = this.#next()
    if (character === 'b' || character === 'B') return null
    if (/[1-9]/.test(character)) return { kind: 'same-as', group: Number(character) }
    return { kind: 'class', ranges: this.#escaped(character) }
  }

  /** What an escape stands for, in a class or outside. */
  #escaped(character: string): readonly Range[] {
    if (character === 'p' || character === 'P') {
      const [whole = '', name = ''] = /^\{([^}]{1,60})\}/.exec(this.#rest(64)) ?? []
      this.#at += whole.length
      return character === 'P' ? [[45, 45]] : (PROPERTIES[name] ?? LETTERS)
    }
    if (character === 'x' || character === 'u') {
      const [whole, code] =
        /^\{?([0-9a-fA-F]{2,6})\}?/.exec(this.#rest(character === 'x' ? 2 : 8).replace(/^([0-9a-fA-F]{4}).*/, '$1')) ??
        []
      if (whole !== undefined && code !== undefined) {
        this.#at += whole.length
        return [[Number.parseInt(code, 16), Number.parseInt(code, 16)]]
      }
    }
    return ESCAPES[character] ?? [[character.codePointAt(0) ?? 120, character.codePointAt(0) ?? 120]]
  }

  #class(): readonly Range[] {
    const negated = this.#take('^')
    const ranges: Range[] = []
    while (this.#at < this.#text.length && this.#peek() !== ']') {
      const from = this.#member()
      const [first] = from
      if (
        this.#peek() === '-' &&
        this.#text[this.#at + 1] !== ']' &&
        from.length === 1 &&
        first &&
        first[0] === first[1]
      ) {
        this.#at++
        const [to] = this.#member()
        ranges.push([first[0], Math.max(to?.[1] ?? first[0], first[0])])
      } else ranges.push(...from)
    }
    this.#take(']')
    return negated ? without(ranges) : ranges
  }

  #member(): readonly Range[] {
    const character = this.#next()
    if (character === '\\') return this.#escaped(this.#next())
    const code = character.codePointAt(0) ?? 120
    return [[code, code]]
  }

  #repeated(node: Node): Node {
    const counted = /^\{(\d{1,6})(,(\d{0,6}))?\}/.exec(this.#rest(20))
    const sign = this.#peek() ?? ''
    if (!counted && !(sign !== '' && '*+?'.includes(sign))) return node
    this.#at += counted?.[0].length ?? 1
    if (this.#peek() === '?') this.#at++
    if (!counted) return { kind: 'repeat', node, least: sign === '+' ? 1 : 0, most: sign === '?' ? 1 : Infinity }
    const least = Number(counted[1])
    const most = counted[2] === undefined ? least : counted[3] === '' ? Infinity : Number(counted[3])
    return { kind: 'repeat', node, least, most }
  }

  #peek(): string | undefined {
    return this.#text[this.#at]
  }

  #rest(length: number): string {
    return this.#text.slice(this.#at, this.#at + length)
  }

  /** One character, a surrogate pair whole. */
  #next(): string {
    const character = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 120)
    this.#at += character.length
    return character
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false
    this.#at++
    return true
  }
}

function only(character: string): Node {
  const code = character.codePointAt(0) ?? 120
  return { kind: 'class', ranges: [[code, code]] }
}

/** Printable ASCII without the ranges, letters and digits first. */
function without(ranges: readonly Range[]): readonly Range[] {
  const allowed = (code: number) => ranges.every(([from, to]) => code < from || code > to)
  const singles = (all: readonly Range[]) =>
    all.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, index) => from + index).filter(allowed))
  const found = singles(WORD)
  return (found.length > 0 ? found : singles([[32, 126]])).map((code) => [code, code] as const)
}
