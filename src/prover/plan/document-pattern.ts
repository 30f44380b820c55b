import { createContext, Script } from 'node:vm'

/** A pattern of a document, which may be anybody's. */
export interface DocumentPattern {
  /** Null where matching takes too long to tell. */
  test(text: string): boolean | null
}

const MOST_CHARACTERS = 2000
/** Of a text that is matched. */
const MOST_TEXT = 100_000
/** Wide: what it measures is the clock on the wall, and the machine may be busy. */
const MOST_MILLISECONDS = 500
/** Steps at most of what runs without a clock. */
const FEW_STEPS = 5_000_000
/** Patterns that took too long are not run again; after so many none runs that needs a clock. */
const MOST_SLOW = 20
const slow = new Set<string>()

/** The pattern as JSON Schema reads it (ECMA-262, Unicode), or as older documents write it; null for none. */
export function regexpOf(pattern: string): DocumentPattern | null {
  if (pattern.length > MOST_CHARACTERS) return null
  for (const flags of ['u', '']) {
    try {
      // eslint-disable-next-line security/detect-non-literal-regexp -- the document's own pattern; what may backtrack runs under a clock
      const regexp = new RegExp(pattern, flags)
      const steps = stepsOf(pattern)
      return {
        test: (text) => (steps(text.length) <= FEW_STEPS ? regexp.test(text) : timed(regexp, pattern, text)),
      }
    } catch {
      // Escapes that Unicode mode refuses are common.
    }
  }
  return null
}

/** How many steps a match takes at most for a text of this length: each repetition multiplies, each choice doubles. */
function stepsOf(pattern: string): (length: number) => number {
  if (/\)[*+?{]|\\[1-9k]/.test(pattern)) return () => Number.POSITIVE_INFINITY
  const repetitions = pattern.match(/[*+?{]/g)?.length ?? 0
  const choices = pattern.match(/\|/g)?.length ?? 0
  return (length) => (length + 1) ** (repetitions + 1) * 2 ** choices
}

const RUN = new Script('new RegExp(source, flags).test(text)')
const given: { source: string; flags: string; text: string } = { source: '', flags: '', text: '' }
const context = createContext(given)

/** Backtracking has no bound of its own (CWE-1333): the clock of node:vm ends it. */
function timed({ flags }: RegExp, pattern: string, text: string): boolean | null {
  if (slow.has(pattern) || slow.size >= MOST_SLOW || text.length > MOST_TEXT) return null
  Object.assign(given, { source: pattern, flags, text })
  try {
    return RUN.runInContext(context, { timeout: MOST_MILLISECONDS }) as boolean
  } catch {
    slow.add(pattern)
    return null
  }
}
