import type { Sealable } from './seal.ts'

/** What a mask answers to have everything hidden. */
const HIDE = null

const BUILT_IN = {
  /** Payment cards: the last four of 12 to 19 digits. */
  card: (value) => {
    const digits = value.replace(/[ -]/g, '')
    return /^\d{12,19}$/.test(digits) ? `**** **** **** ${digits.slice(-4)}` : HIDE
  },
  /** The first letter, unless the name is that letter, and the top-level domain. */
  email: (value) => {
    const [, name = '', suffix] = /^([^@]+)@[^@]+(\.[^.@]+)$/u.exec(value) ?? []
    if (suffix === undefined) return HIDE
    const [first = '', ...rest] = name
    return `${rest.length > 0 ? first : ''}***@***${suffix}`
  },
  /** The last three digits. */
  phone: (value) => {
    const digits = value.replace(/[\s()./+-]/g, '')
    return /^\d{7,15}$/.test(digits) ? `*** ${digits.slice(-3)}` : HIDE
  },
  /** The last four characters. */
  last4: (value) => `****${[...value].slice(-4).join('')}`,
} as const satisfies Record<string, CustomMask>

export type MaskKind = keyof typeof BUILT_IN
/** Null hides everything. */
export type CustomMask = (value: string) => string | null
export type Mask = MaskKind | CustomMask

/**
 * Masks a value for whoever may not read it. Whatever the mask, custom ones too, at most half of the value's characters are shown,
 * in any order, case or compatibility form; a mask that would show more, or throws, hides everything.
 * (An encoding such as base64 is beyond this check.)
 * @throws {TypeError} For a mask that does not exist.
 */
export function mask(kind: Mask, value: Sealable): string {
  const rule: CustomMask = typeof kind === 'function' ? kind : builtIn(kind)
  const text = String(value)
  const masked = apply(rule, text)
  return masked === null || showsOverHalf(text, masked) ? hidden(text) : masked
}

function builtIn(kind: string): CustomMask {
  if (!Object.hasOwn(BUILT_IN, kind)) {
    throw new TypeError(`There is no mask "${kind}"; use ${Object.keys(BUILT_IN).join(', ')} or a function`)
  }
  return BUILT_IN[kind as MaskKind]
}

function apply(rule: CustomMask, text: string): string | null {
  try {
    const masked: unknown = rule(text)
    return typeof masked === 'string' ? masked : null
  } catch {
    return null
  }
}

function showsOverHalf(value: string, masked: string): boolean {
  return overHalf([...value], [...masked]) || overHalf([...fold(value)], [...fold(masked)])
}

/** Counts what both have, in any order: never less than what can really be read. */
function overHalf(value: readonly string[], masked: readonly string[]): boolean {
  const left = new Map<string, number>()
  for (const character of masked) left.set(character, (left.get(character) ?? 0) + 1)
  let shown = 0
  for (const character of value) {
    const count = left.get(character) ?? 0
    if (count > 0) shown += 1
    left.set(character, count - 1)
  }
  return shown > value.length / 2
}

function fold(text: string): string {
  return text.normalize('NFKD').toLowerCase()
}

/** Four of a sign that the value does not hold, so that even `****` is not its own mask. */
function hidden(value: string): string {
  const folded = fold(value)
  return ([...'*•#'].find((sign) => !folded.includes(sign)) ?? '').repeat(4)
}
