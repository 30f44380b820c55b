import { canonical } from './canonical.ts'
import { type Change, changes, type Place } from './change.ts'
import type { KindName } from './change-kinds.ts'
import { compareAllowed, compareDemand, compareMaximum, compareMinimum, type Order, orderOf } from './order.ts'
import { admits, BOUNDS, type Shape, type Shapes, TYPES_OF } from './shape.ts'

/** What callers may send: more places, wider bounds, more values loosen. */
export function inputChanges(place: Place, before: Shapes, after: Shapes): readonly Change[] {
  return [
    ...presenceChanges('input-added', place, before, after),
    ...common(before, after).flatMap(([at, was, is]) => [
      ...openChanges('input-open', place, at, was, is),
      ...changes(compareMinimum(Number(was.required ?? false), Number(is.required ?? false)), {
        kind: 'input-optional',
        place,
        subject: at,
        before: was.required ?? false,
        after: is.required ?? false,
        sentence: `${at} is ${is.required ? 'required' : 'optional'} now`,
      }),
      ...changes(compareDemand(was.ref ?? null, is.ref ?? null), {
        kind: 'input-reference',
        place,
        subject: at,
        before: was.ref ?? null,
        after: is.ref ?? null,
      }),
      ...valueChanges(place, at, was, is),
      ...boundChanges(place, at, was, is),
    ]),
  ]
}

/** What callers are shown: more places, open objects and longer lists loosen; narrower or wider values of a known field do not. */
export function replyChanges(
  kind: 'reply-added' | 'refusal-added',
  place: Place,
  before: Shapes,
  after: Shapes,
): readonly Change[] {
  return [
    ...presenceChanges(kind, place, before, after),
    ...common(before, after).flatMap(([at, was, is]) => [
      ...openChanges('reply-open', place, at, was, is),
      ...(admits(was, ['array']) && admits(is, ['array'])
        ? changes(compareMaximum(was.maxItems ?? null, is.maxItems ?? null), {
            kind: 'reply-size',
            place,
            subject: at,
            before: was.maxItems ?? null,
            after: is.maxItems ?? null,
          })
        : []),
    ]),
  ]
}

const common = (before: Shapes, after: Shapes): readonly (readonly [string, Shape, Shape])[] =>
  Object.entries(after).flatMap(([at, shape]) => {
    const was = before[at]
    // Where one side is cut, the other says more than can be compared.
    return was && was.cut === shape.cut ? [[at, was, shape] as const] : []
  })

/** Places that only one side has; of a whole object that came or went, only its root is told. */
function presenceChanges(kind: KindName, place: Place, before: Shapes, after: Shapes): readonly Change[] {
  const only = (one: Shapes, other: Shapes) => {
    const found = Object.keys(one).filter((at) => other[at] === undefined && !isBelowCut(at, other))
    const known = new Set(found)
    return found.filter((at) => !known.has(at.slice(0, at.lastIndexOf('/'))))
  }
  const one = (order: Order, at: string) =>
    changes(order, {
      kind,
      place,
      subject: at,
      before: before[at] ?? null,
      after: after[at] ?? null,
      text: (shape) => shapeText(shape as Shape | null),
    })
  return [
    ...only(after, before).flatMap((at) => one('wider', at)),
    ...only(before, after).flatMap((at) => one('narrower', at)),
  ]
}

/** Whether the place is below one that was too large to follow. */
function isBelowCut(at: string, shapes: Shapes): boolean {
  for (let end = at.lastIndexOf('/'); end > 0; end = at.lastIndexOf('/', end - 1))
    if (shapes[at.slice(0, end)]?.cut) return true
  return false
}

const shapeText = (shape: Shape | null): string => (shape === null ? 'none' : (shape.types?.join(' or ') ?? 'anything'))

const OPENNESS = { any: 2, typed: 1 } as const
const openness = ({ open }: Shape): number => (open === undefined ? 0 : OPENNESS[open])

/** A place that was no object at all and is an open one now is open as well. */
function openChanges(kind: KindName, place: Place, at: string, was: Shape, is: Shape): readonly Change[] {
  return changes(compareMaximum(openness(was), openness(is)), {
    kind,
    place,
    subject: at,
    before: was.open ?? 'declared',
    after: is.open ?? 'declared',
  })
}

function valueChanges(place: Place, at: string, was: Shape, is: Shape): readonly Change[] {
  const difference = (what: 'types' | 'enum' | 'pattern' | 'format' | 'other') => ({
    kind: 'input-values' as const,
    place,
    subject: `${at} ${what}`,
    before: was[what] ?? null,
    after: is[what] ?? null,
  })
  const values = compareAllowed(was.enum?.map(canonical) ?? null, is.enum?.map(canonical) ?? null)
  // Two lists of values say all there is to say.
  if (was.enum && is.enum) return changes(values, difference('enum'))
  if (was.enum || is.enum) return changes(combined(typesOrder(was, is), values), difference('enum'))
  const texts = admits(was, ['string']) && admits(is, ['string'])
  return [
    ...changes(typesOrder(was, is), difference('types')),
    ...(texts ? changes(compareDemand(was.pattern ?? null, is.pattern ?? null), difference('pattern')) : []),
    ...(texts ? changes(compareDemand(was.format ?? null, is.format ?? null), difference('format')) : []),
    ...changes(compareDemand(was.other ?? null, is.other ?? null), difference('other')),
  ]
}

function typesOrder(was: Shape, is: Shape): Order {
  const within = (one: Shape, other: Shape) =>
    other.types === undefined ||
    (one.types?.every((type) => admits(other, type === 'integer' ? ['integer', 'number'] : [type])) ?? false)
  return orderOf(within(was, is), within(is, was))
}

/** The order by two demands that both hold. */
const combined = (one: Order, other: Order): Order =>
  one === 'same' || one === other ? other : other === 'same' ? one : 'unknown'

function boundChanges(place: Place, at: string, was: Shape, is: Shape): readonly Change[] {
  if (was.enum || is.enum) return []
  const compared = (
    key: (typeof BOUNDS.upper)[number] | (typeof BOUNDS.lower)[number],
    compare: typeof compareMaximum,
  ) => {
    if (!admits(was, TYPES_OF[key]) || !admits(is, TYPES_OF[key])) return []
    const [before, after] = [was[key] ?? null, is[key] ?? null]
    return changes(compare(before, after), { kind: 'input-bound', place, subject: `${at} ${key}`, before, after })
  }
  return [
    ...BOUNDS.upper.flatMap((key) => compared(key, compareMaximum)),
    ...BOUNDS.lower.flatMap((key) => compared(key, compareMinimum)),
    ...changes(multipleOrder(was.multipleOf, is.multipleOf), {
      kind: 'input-bound',
      place,
      subject: `${at} multipleOf`,
      before: was.multipleOf ?? null,
      after: is.multipleOf ?? null,
    }),
  ]
}

const multipleOrder = (was: number | undefined, is: number | undefined): Order =>
  compareDemand(was === undefined ? null : String(was), is === undefined ? null : String(is))
