import type { JsonSchema } from '../schema.ts'
import { canonical } from './canonical.ts'

/** What a schema says of the value at one place. What is absent is not bounded. */
export interface Shape {
  readonly types?: readonly string[]
  readonly required?: true
  /** Members that nobody declared: `any`, or `typed` where a schema holds them. Absent: they are refused. */
  readonly open?: 'any' | 'typed'
  /** The resource whose id it is: loaded and authorized. */
  readonly ref?: string
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly format?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly multipleOf?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly minProperties?: number
  readonly maxProperties?: number
  /** Keywords that are only told equal or not, as text. */
  readonly other?: string
}

/** The shapes of a schema by place: `''` is the value itself, `/total` a member, `/*` each item, `/{}` each undeclared member. */
export type Shapes = Readonly<Record<string, Shape>>

const DEEPEST = 16
const MOST_PLACES = 2000
/** Stands where a schema is deeper or larger than is followed: what is below is not compared. */
const TOO_MUCH = 'too much to follow'
const UPPER = ['maxLength', 'maximum', 'exclusiveMaximum', 'maxItems', 'maxProperties'] as const
const LOWER = ['minLength', 'minimum', 'exclusiveMinimum', 'minItems', 'minProperties'] as const
export const BOUNDS = { upper: UPPER, lower: LOWER } as const
export type Bound = (typeof UPPER)[number] | (typeof LOWER)[number]

/** The types that a bound is about: it says nothing of others. */
export const TYPES_OF: Readonly<Record<Bound, readonly string[]>> = {
  minLength: ['string'],
  maxLength: ['string'],
  minimum: ['integer', 'number'],
  maximum: ['integer', 'number'],
  exclusiveMinimum: ['integer', 'number'],
  exclusiveMaximum: ['integer', 'number'],
  minItems: ['array'],
  maxItems: ['array'],
  minProperties: ['object'],
  maxProperties: ['object'],
}
const OTHER = [
  'not',
  'if',
  'then',
  'else',
  'contains',
  'minContains',
  'maxContains',
  'uniqueItems',
  'propertyNames',
  'dependentRequired',
  'dependentSchemas',
  'contentMediaType',
  'contentEncoding',
]

/** Whether a value of one of these types fits. */
export const admits = ({ types }: Shape, wanted: readonly string[]): boolean =>
  types === undefined || types.some((type) => wanted.includes(type))

/**
 * Flattens a schema into the places that it speaks of, so that two schemas can be compared place by place however they are composed.
 * Where branches (`anyOf`, `oneOf`) meet, a place takes what any of them takes. A schema inside itself is followed once.
 * @param direction - A request does not set what is `readOnly`; a reply does not show what is `writeOnly`.
 */
export function shapesOf(schema: JsonSchema, direction: 'request' | 'reply'): Shapes {
  return Object.fromEntries(
    flatten(schema, {
      hidden: direction === 'request' ? 'readOnly' : 'writeOnly',
      around: [],
      left: { places: MOST_PLACES },
    }),
  )
}

/** Whether some of the schema was left out for its size. */
export const isCut = (shapes: Shapes): boolean => Object.values(shapes).some(({ other }) => other?.includes(TOO_MUCH))

interface Reading {
  readonly hidden: 'readOnly' | 'writeOnly'
  readonly around: readonly JsonSchema[]
  readonly left: { places: number }
}
type Flat = ReadonlyMap<string, Shape>

function flatten(schema: JsonSchema, reading: Reading): Flat {
  if (reading.around.includes(schema)) return new Map([['', { other: 'itself again' }]])
  if (reading.around.length >= DEEPEST || reading.left.places-- <= 0) return new Map([['', { other: TOO_MUCH }]])
  const inside = { ...reading, around: [...reading.around, schema] }
  const own = new Map([['', ownShape(schema)], ...membersOf(schema, inside)])
  const parts = (schema.allOf ?? []).map((each) => flatten(each, inside))
  const choices = [schema.anyOf, schema.oneOf].filter((each) => each !== undefined && each.length > 0)
  const branches = choices.map((choice) => joined((choice ?? []).map((each) => flatten(each, inside))))
  return [...parts, ...branches].reduce(met, own)
}

function* membersOf(schema: JsonSchema, inside: Reading): Generator<[string, Shape]> {
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    if (child[inside.hidden] === true) continue
    const required = schema.required?.includes(name) ?? false
    for (const [place, shape] of flatten(child, inside)) {
      yield [`/${escaped(name)}${place}`, place === '' && required ? { ...shape, required } : shape]
    }
  }
  const items = [...(schema.items ? [schema.items] : []), ...(schema.prefixItems ?? [])]
  if (items.length > 0) yield* below('/*', joined(items.map((each) => flatten(each, inside))))
  const named = Object.values((schema.patternProperties ?? {}) as Readonly<Record<string, JsonSchema>>)
  const others = [...named, ...(typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : [])]
  if (others.length > 0) yield* below('/{}', joined(others.map((each) => flatten(each, inside))))
}

function* below(prefix: string, flat: Flat): Generator<[string, Shape]> {
  for (const [place, shape] of flat) yield [prefix + place, shape]
}

const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1')

function ownShape(schema: JsonSchema): Shape {
  const types = typesOf(schema)
  const values = schema.const === undefined ? schema.enum : [schema.const]
  const other = OTHER.filter((key) => schema[key] !== undefined).map((key) => `${key} ${canonical(schema[key])}`)
  const ref = schema['x-turnpike-ref']
  const open = types === null || types.includes('object') ? opennessOf(schema) : undefined
  return {
    ...(types === null ? {} : { types }),
    ...(open === undefined ? {} : { open }),
    ...(typeof ref === 'string' ? { ref } : {}),
    ...(values === undefined ? {} : { enum: sortedValues(values) }),
    ...kept(schema, ['pattern', 'format', 'multipleOf', ...UPPER, ...LOWER]),
    ...(other.length === 0 ? {} : { other: other.join(', ') }),
  }
}

function typesOf({ type, const: only, enum: values }: JsonSchema): readonly string[] | null {
  if (type !== undefined) return [...(typeof type === 'string' ? [type] : type)].sort()
  const given = only === undefined ? values : [only]
  return given === undefined ? null : [...new Set(given.map(typeOf))].sort()
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return Number.isInteger(value) ? 'integer' : typeof value
}

function opennessOf(schema: JsonSchema): 'any' | 'typed' | undefined {
  const rest: unknown = schema.additionalProperties ?? schema.unevaluatedProperties
  if (rest === false) return schema.patternProperties === undefined ? undefined : 'typed'
  return typeof rest === 'object' && rest !== null && Object.keys(rest).length > 0 ? 'typed' : 'any'
}

function kept(schema: JsonSchema, keys: readonly (keyof Shape & string)[]): Partial<Shape> {
  return Object.fromEntries(keys.filter((key) => schema[key] !== undefined).map((key) => [key, schema[key]]))
}

const sortedValues = (values: readonly unknown[]): readonly unknown[] =>
  [...values].sort((a, b) => (canonical(a) < canonical(b) ? -1 : 1))

/** Both hold (`allOf`, and a schema beside its branches). */
function met(one: Flat, other: Flat): Flat {
  const both = new Map(one)
  for (const [place, shape] of other) {
    const known = both.get(place)
    both.set(place, known ? meet(known, shape) : shape)
  }
  return both
}

function meet(one: Shape, other: Shape): Shape {
  const bound: Record<string, unknown> = {}
  for (const key of UPPER) bound[key] = least([one[key], other[key]])
  for (const key of LOWER) bound[key] = greatest([one[key], other[key]])
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
function joined(branches: readonly Flat[]): Flat {
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
  for (const key of UPPER)
    bound[key] = everywhere(
      of(TYPES_OF[key]).map((shape) => shape[key]),
      greatest,
    )
  for (const key of LOWER)
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
