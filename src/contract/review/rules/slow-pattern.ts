import { inputsOf, isOfResource, placedNodes } from '../endpoint-schemas.ts'
import type { Rule } from '../finding.ts'

export const slowPattern: Rule = {
  id: 'slow-pattern',
  risk: 'API4',
  asvs: '1.3.12',
  severity: 'warning',
  title: 'No pattern of an input repeats what repeats: a short text could keep the server busy for hours',
  *check(api) {
    for (const endpoint of api.endpoints) {
      for (const { at, node } of placedNodes(inputsOf(endpoint))) {
        // The patterns of formats are the schema library's own.
        if (
          node.pattern === undefined ||
          node.format !== undefined ||
          isOfResource(node) ||
          !repeatsRepetition(node.pattern)
        )
          continue
        yield {
          endpoint,
          message: `${at} has the pattern ${node.pattern}, which repeats a group that repeats; it may try every way to divide a text`,
          fix: '/^[a-z]+$/',
        }
      }
    }
  },
}

const UNBOUNDED = /^(?:[+*]|\{\d+,\})/
/** One escape, one class or one other character. */
// What is read here is a contract's own pattern, and no longer than one.
// eslint-disable-next-line regexp/no-super-linear-move
const ATOM = /\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|[\s\S]/g

/** Whether a group without an upper bound holds another repetition without one, as in `(a+)+`. */
function repeatsRepetition(pattern: string): boolean {
  const groups = [false]
  for (const { 0: atom, index } of pattern.matchAll(ATOM)) {
    if (atom === '(') {
      groups.push(false)
      continue
    }
    const holds = atom === ')' && groups.length > 1 ? groups.pop() === true : false
    const repeated = UNBOUNDED.test(pattern.slice(index + atom.length))
    if (holds && repeated) return true
    if (holds || repeated) groups[groups.length - 1] = true
  }
  return false
}
