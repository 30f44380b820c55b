import { COMMON_WORDS } from './common-passwords.ts'

export interface PasswordPolicyConfig {
  /** `nist`: 15 characters, no composition rules (SP 800-63B). `composition`: 8 characters with an upper case letter, a digit and a special one. */
  readonly rules: 'nist' | 'composition'
  /** Further passwords that are refused, for example from a breach list. Called with the password as given. */
  readonly blocklist?: (password: string) => boolean
  /** Words of the service, such as its name. */
  readonly contextWords?: readonly string[]
}

export interface PasswordPolicy {
  readonly rules: 'nist' | 'composition'
  /** What is wrong with it, in words for its owner. Empty: nothing. @param about - E-mail address and names of the person. */
  faults(password: string, about: readonly string[]): readonly string[]
}

const MAX_CHARACTERS = 128
const MIN_CHARACTERS = { nist: 15, composition: 8 } as const
/** So much must be left when everything guessable is taken out. */
const MIN_REST = 4
const LEET: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
}
const KNOWN = ['rules', 'blocklist', 'contextWords']

/** @throws {TypeError} For an unknown key or rule. */
export function passwordPolicy(given: PasswordPolicyConfig | PasswordPolicyConfig['rules']): PasswordPolicy {
  const config: PasswordPolicyConfig = typeof given === 'string' ? { rules: given } : given
  const unknown = Object.keys(config).filter((key) => !KNOWN.includes(key))
  if (unknown.length > 0)
    throw new TypeError(`passwordPolicy: unknown key ${unknown.join(', ')}; it takes ${KNOWN.join(', ')}`)
  const { rules, blocklist = () => false, contextWords = [] } = config
  if (!Object.hasOwn(MIN_CHARACTERS, rules))
    throw new TypeError(`passwordPolicy: rules is ${String(rules)}; it must be nist or composition`)
  return {
    rules,
    faults(password, about) {
      const faults = [
        ...lengthFaults(password, MIN_CHARACTERS[rules]),
        ...(rules === 'composition' ? compositionFaults(password) : []),
      ]
      if (faults.length > 0) return faults
      const guessable = blocklist(password) || restOf(password, [...about, ...contextWords]).length < MIN_REST
      return guessable ? ['is too easy to guess'] : []
    },
  }
}

/** Counted in characters, as a person counts them, not in bytes. */
function lengthFaults(password: string, min: number): readonly string[] {
  const { length } = [...password]
  if (length < min) return [`must have at least ${min} characters`]
  return length > MAX_CHARACTERS ? [`must have at most ${MAX_CHARACTERS} characters`] : []
}

function compositionFaults(password: string): readonly string[] {
  return [
    ...(/\p{Lu}/u.test(password) ? [] : ['must have an upper case letter']),
    ...(/\p{Nd}/u.test(password) ? [] : ['must have a digit']),
    ...(/[^\p{L}\p{N}\s]/u.test(password) ? [] : ['must have a special character']),
  ]
}

/** What is left when common words, words about the person, runs, repetitions and decoration are taken out. */
function restOf(password: string, about: readonly string[]): string {
  const plain = password.toLowerCase()
  const words = [...COMMON_WORDS, ...about.flatMap(wordsOf)].sort((a, b) => b.length - a.length)
  const rests = [plain, unleet(plain)].map((text) =>
    withoutRuns(withoutWords(text, words).replace(/[\p{P}\p{Z}\p{Sm}\p{Sk}\p{Sc}\p{C}]/gu, '')),
  )
  return rests.reduce((a, b) => (a.length <= b.length ? a : b))
}

function wordsOf(text: string): readonly string[] {
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length >= 4)
}

function unleet(text: string): string {
  return [...text].map((character) => LEET[character] ?? character).join('')
}

function withoutWords(text: string, words: readonly string[]): string {
  return words.reduce((rest, word) => rest.replaceAll(word, ''), text)
}

/** Drops each character that continues a run (`3456`, `aaaa`) or repeats what stood shortly before it (`xyxyxy`). */
function withoutRuns(text: string): string {
  const characters = [...text]
  return characters
    .filter((character, index) => {
      const step = (character.codePointAt(0) ?? 0) - (characters[index - 1]?.codePointAt(0) ?? Number.NaN)
      const repeats = [2, 3, 4, 5, 6].some(
        (period) =>
          characters[index - period] === character && characters[index - 1] === characters[index - 1 - period],
      )
      return !(Math.abs(step) <= 1 || repeats)
    })
    .join('')
}
