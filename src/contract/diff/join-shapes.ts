import { canonical } from './canonical.ts'
import { admits, BOUNDS, type Flat, type Shape, TYPES_OF } from './shape.ts'

/** Both hold (`allOf`, and a schema beside its branches). */
export function met(one: Flat, other: Flat): Flat {
  const both = new Map(one)
  for (const [place, shape] of other) {
    const known = both.get(place)
    both.set(place, known ? meet(known, shape) : shape)
  }
  return both
}

function meet(one: Shape, other: Shape): Shape {
  const bound: Record<string, unknown> = {}
  for (const key of BOUNDS.upper) bound[key] = least([one[key], other[key]])
  for (const key of BOUNDS.lower) bound[key] = greatest([one[key], other[key]])
  const types = one.types && other.types ? narrower(one.types, other.types) : (one.types ?? other.types)
  // A closed part closes the whole; that its siblings' members are then refused is an author's mistake, not an opening.
  const open = one.open && other.open ? (one.open === 'typed' ? one.open : other.open) : undefined
  const values =
    one.enum && other.enum
      ? one.enum.filter((each) => other.enum?.some((its) => canonical(its) === canonical(each)))
      : (one.enum ?? other.enum)
  return clean({
    ...bound,
    types,
    required: one.required ?? other.required,
    open,
    ref: one.ref ?? other.ref,
    enum: values,
    pattern: together(one.pattern, other.pattern, ' and '),
    format: together(one.format, other.format, ' and '),
    multipleOf: one.multipleOf ?? other.multipleOf,
    other: together(one.other, other.other, ', '),
    cut: one.cut ?? other.cut,
  })
}

const narrower = (one: readonly string[], other: readonly string[]): readonly string[] => [
  ...new Set([
    ...one.filter((type) => other.includes(type) || (type === 'integer' && other.includes('number'))),
    ...other.filter((type) => type === 'integer' && one.includes('number')),
  ]),
]

function together(one: string | undefined, other: string | undefined, word: string): string | undefined {
  if (one === undefined || other === undefined || one === other) return one ?? other
  return [one, other].sort().join(word)
}

/** One of them holds (`anyOf`, `oneOf`, the items of a tuple). */
export function joined(branches: readonly Flat[]): Flat {
  const [only] = branches
  if (branches.length === 1 && only) return only
  const places = new Set(branches.flatMap((branch) => [...branch.keys()]))
  return new Map(
    [...places].map((place) => {
      const shapes = branches.flatMap((branch) => branch.get(place) ?? [])
      const { required, ...shape } = join(shapes)
      return [place, required && shapes.length === branches.length ? { ...shape, required } : shape]
    }),
  )
}

/** A bound holds for the whole where every branch that can be of its type has one. */
function join(shapes: readonly Shape[]): Shape {
  const bound: Record<string, unknown> = {}
  const of = (wanted: readonly string[]) => shapes.filter((shape) => admits(shape, wanted))
  for (const key of BOUNDS.upper)
    bound[key] = everywhere(
      of(TYPES_OF[key]).map((shape) => shape[key]),
      greatest,
    )
  for (const key of BOUNDS.lower)
    bound[key] = everywhere(
      of(TYPES_OF[key]).map((shape) => shape[key]),
      least,
    )
  const texts = of(['string'])
  const objects = of(['object'])
  return clean({
    ...bound,
    types: shapes.every(({ types }) => types)
      ? [...new Set(shapes.flatMap(({ types }) => types ?? []))].sort()
      : undefined,
    required: shapes.every(({ required }) => required) ? true : undefined,
    open: objects.some(({ open }) => open === 'any') ? 'any' : objects.find(({ open }) => open)?.open,
    ref: everywhere(
      texts.map(({ ref }) => ref),
      ([first, ...more]) => (more.every((each) => each === first) ? first : undefined),
    ),
    enum: shapes.every((shape) => shape.enum || isNull(shape))
      ? distinctValues(shapes.flatMap((shape) => shape.enum ?? [null]))
      : undefined,
    pattern: everywhere(
      texts.map(({ pattern }) => pattern),
      alternatives,
    ),
    format: everywhere(
      texts.map(({ format }) => format),
      alternatives,
    ),
    multipleOf: everywhere(
      of(['integer', 'number']).map(({ multipleOf }) => multipleOf),
      least,
    ),
    other: everywhere(
      shapes.filter((shape) => !isNull(shape)).map(({ other }) => other),
      alternatives,
    ),
    cut: shapes.some(({ cut }) => cut) ? true : undefined,
  })
}

const isNull = ({ types }: Shape): boolean => types?.length === 1 && types[0] === 'null'
const distinctValues = (values: readonly unknown[]): readonly unknown[] =>
  sortedValues([...new Map(values.map((value) => [canonical(value), value])).values()])
const alternatives = (texts: readonly string[]): string => [...new Set(texts)].sort().join(' or ')

function everywhere<T>(
  values: readonly (T | undefined)[],
  combine: (values: readonly T[]) => T | undefined,
): T | undefined {
  const given = values.filter((value) => value !== undefined)
  return given.length === values.length && given.length > 0 ? combine(given) : undefined
}

function least(values: readonly (number | undefined)[]): number | undefined {
  const given = values.filter((value) => value !== undefined)
  return given.length === 0 ? undefined : Math.min(...given)
}

function greatest(values: readonly (number | undefined)[]): number | undefined {
  const given = values.filter((value) => value !== undefined)
  return given.length === 0 ? undefined : Math.max(...given)
}

const clean = (shape: Readonly<Record<string, unknown>>): Shape =>
  Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== undefined)) as Shape

/** Values in one order, whatever the document's. */
export const sortedValues = (values: readonly unknown[]): readonly unknown[] =>
  [...values].sort((a, b) => (canonical(a) < canonical(b) ? -1 : 1))
