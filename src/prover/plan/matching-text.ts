/**
 * A text that a simple pattern matches: literals, classes, groups with alternatives, and counts.
 * Look-around and back references are left out; whoever calls checks the result where it matters.
 */
export function matching(pattern: string, random: () => number): string {
  const reader = { text: pattern.replace(/^\^|\$$/g, ''), at: 0 }
  return alternatives(reader, random)
}

interface Reader {
  readonly text: string
  at: number
}

const WORD = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_'
const ESCAPES: Readonly<Record<string, string>> = { d: '0123456789', w: WORD, s: ' ', D: 'abc', W: '-', S: 'abc' }

function alternatives(reader: Reader, random: () => number): string {
  const options: string[] = []
  let current = ''
  while (reader.at < reader.text.length && reader.text[reader.at] !== ')') {
    if (reader.text[reader.at] === '|') {
      reader.at++
      options.push(current)
      current = ''
      continue
    }
    current += repeated(reader, random)
  }
  options.push(current)
  return options[0] as string
}

function repeated(reader: Reader, random: () => number): string {
  const start = reader.at
  const one = atom(reader, random)
  const end = reader.at
  const count = countOf(reader)
  const after = reader.at
  if (count === 0) return ''
  let whole = one
  for (let times = 1; times < count; times++) {
    reader.at = start
    whole += atom(reader, random)
    reader.at = end
  }
  reader.at = after
  return whole
}

function atom(reader: Reader, random: () => number): string {
  const character = reader.text[reader.at++] as string
  if (character === '(') {
    if (reader.text.startsWith('?:', reader.at)) reader.at += 2
    const inside = alternatives(reader, random)
    reader.at++
    return inside
  }
  if (character === '[') return pick(classOf(reader), random)
  if (character === '.') return pick(WORD, random)
  if (character === '\\') {
    const escaped = reader.text[reader.at++] ?? ''
    return Object.hasOwn(ESCAPES, escaped) ? pick(ESCAPES[escaped] as string, random) : escaped
  }
  return character === '^' || character === '$' ? '' : character
}

function classOf(reader: Reader): string {
  const negated = reader.text[reader.at] === '^'
  if (negated) reader.at++
  let inside = ''
  while (reader.at < reader.text.length && reader.text[reader.at] !== ']') {
    let character = reader.text[reader.at++] as string
    if (character === '\\') {
      const escaped = reader.text[reader.at++] ?? ''
      if (Object.hasOwn(ESCAPES, escaped)) {
        inside += ESCAPES[escaped]
        continue
      }
      character = escaped
    }
    if (reader.text[reader.at] === '-' && reader.text[reader.at + 1] !== ']') {
      const last = reader.text[reader.at + 1] as string
      reader.at += 2
      for (let code = character.charCodeAt(0); code <= last.charCodeAt(0); code++) inside += String.fromCharCode(code)
    } else inside += character
  }
  reader.at++
  return negated ? [...WORD].filter((each) => !inside.includes(each)).join('') : inside
}

function countOf(reader: Reader): number {
  const counted = /^\{(\d+)(?:,\d*)?\}\??/.exec(reader.text.slice(reader.at))
  if (counted) {
    reader.at += counted[0].length
    return Number(counted[1])
  }
  const sign = reader.text[reader.at]
  if (sign === '+' || sign === '*' || sign === '?') {
    reader.at++
    if (reader.text[reader.at] === '?') reader.at++
    return 1
  }
  return 1
}

const pick = (from: string, random: () => number): string => from[Math.floor(random() * from.length)] ?? ''
