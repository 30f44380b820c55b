import type { XRule } from '../openapi/extension.ts'
import { type Order, orderOf } from './order.ts'

type Leaf = Exclude<XRule, { readonly any: unknown } | { readonly all: unknown }>

/** Rules that name nobody in particular, and nobody at all. */
export const EVERYBODY: XRule = { anyone: '' }
export const NOBODY_AT_ALL: XRule = { any: [] }

/** A rule that splits into more ways than this is not compared. */
const MOST_WAYS = 1024

/**
 * Compares who passes. Sound: `wider`, `narrower` and `same` are right for every caller, whatever relations and rules in code answer.
 * `unknown` where some caller may have passed before only and another may pass now only, and for rules too large to compare.
 */
export function compareRules(before: XRule, after: XRule): Order {
  const [forth, back] = [implies(before, after), implies(after, before)]
  return forth === null || back === null ? 'unknown' : orderOf(forth, back)
}

/** Rules only combine by `any` and `all`, so whoever has just what one way asks for is the hardest case: the other rule must let him in too. */
function implies(one: XRule, other: XRule): boolean | null {
  const ways = waysOf(one)
  return ways === null ? null : ways.every((way) => passes(other, way))
}

/** Every way to pass a rule: the leaves that hold together. Null when there are too many. */
function waysOf(rule: XRule): readonly (readonly Leaf[])[] | null {
  if ('any' in rule) {
    const ways = rule.any.map(waysOf)
    return ways.includes(null) ? null : bounded(ways.flatMap((each) => each ?? []))
  }
  if ('all' in rule) {
    let ways: readonly (readonly Leaf[])[] | null = rule.all.length === 0 ? [] : [[]]
    for (const each of rule.all) {
      const more: readonly (readonly Leaf[])[] | null = waysOf(each)
      if (ways === null || more === null || ways.length * more.length > MOST_WAYS) return null
      ways = ways.flatMap((way) => more.map((other) => [...way, ...other]))
    }
    return ways
  }
  return 'anyone' in rule ? [[]] : [[rule]]
}

const bounded = <T>(ways: readonly T[]): readonly T[] | null => (ways.length > MOST_WAYS ? null : ways)

function passes(rule: XRule, held: readonly Leaf[]): boolean {
  if ('any' in rule) return rule.any.some((each) => passes(each, held))
  if ('all' in rule) return rule.all.length > 0 && rule.all.every((each) => passes(each, held))
  return 'anyone' in rule || held.some((leaf) => covers(leaf, rule))
}

/** Whether one leaf implies another. Scopes, roles, ownership, relations and proofs are a principal's, so they imply a sign-in; code and `reads` may let anybody pass. */
function covers(held: Leaf, asked: Leaf): boolean {
  if ('signedIn' in asked) return !('rule' in held || 'reads' in held || ('factors' in held && held.factors < 1))
  if ('freshSeconds' in asked) return 'freshSeconds' in held && held.freshSeconds <= asked.freshSeconds
  if ('factors' in asked) return 'factors' in held && held.factors >= asked.factors
  if ('related' in asked) {
    return (
      'related' in held &&
      held.related.relation === asked.related.relation &&
      held.related.object === asked.related.object
    )
  }
  const [[key, value] = []] = Object.entries(asked)
  return Object.entries(held).some(([other, its]) => other === key && its === value)
}
