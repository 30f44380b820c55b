import type { JsonSchema } from '../schema.ts'
import { canonical } from './canonical.ts'
import { joined, met, sortedValues } from './join-shapes.ts'
import { BOUNDS, type Flat, type Shape, type Shapes } from './shape.ts'

/** Depths that are tried, until a schema has no more nodes than this: every place down to the same depth is compared, however it branches. */
const DEPTHS = [16, 10, 7, 5, 4, 3, 2, 1]
const MOST_NODES = 1000
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

/**
 * Flattens a schema into the places that it speaks of, so that two schemas can be compared place by place however they are composed.
 * Where branches (`anyOf`, `oneOf`) meet, a place takes what any of them takes. A schema inside itself is followed once.
 * @param direction - A request does not set what is `readOnly`; a reply does not show what is `writeOnly`.
 */
export function shapesOf(schema: JsonSchema, direction: 'request' | 'reply'): Shapes {
  const known = cache[direction].get(schema)
  if (known) return known
  const shapes = Object.fromEntries(asDeepAsFits(schema, direction))
  cache[direction].set(schema, shapes)
  return shapes
}

/** Operations share their schemas. */
const cache = { request: new WeakMap<JsonSchema, Shapes>(), reply: new WeakMap<JsonSchema, Shapes>() }

interface Reading {
  readonly hidden: 'readOnly' | 'writeOnly'
  readonly around: readonly JsonSchema[]
  readonly depth: number
}
function asDeepAsFits(schema: JsonSchema, direction: 'request' | 'reply'): Flat {
  const depth = DEPTHS.find((each) => nodesLeft(schema, each, [], MOST_NODES) >= 0) ?? 0
  return flatten(schema, { hidden: direction === 'request' ? 'readOnly' : 'writeOnly', around: [], depth })
}

/** What a budget of nodes leaves when the schema is followed to the depth; below zero when it is not enough. */
function nodesLeft(schema: JsonSchema, depth: number, around: readonly JsonSchema[], budget: number): number {
  let left = budget - 1
  if (left < 0 || around.length >= depth || around.includes(schema)) return left
  const inside = [...around, schema]
  for (const child of childrenOf(schema)) {
    left = nodesLeft(child, depth, inside, left)
    if (left < 0) return left
  }
  return left
}

function childrenOf(schema: JsonSchema): readonly JsonSchema[] {
  const {
    properties = {},
    items,
    prefixItems = [],
    additionalProperties: rest,
    allOf = [],
    anyOf = [],
    oneOf = [],
  } = schema
  const named = Object.values((schema.patternProperties ?? {}) as Readonly<Record<string, JsonSchema>>)
  const single = [...(items ? [items] : []), ...(typeof rest === 'object' ? [rest] : [])]
  return [...Object.values(properties), ...single, ...prefixItems, ...named, ...allOf, ...anyOf, ...oneOf]
}

function flatten(schema: JsonSchema, reading: Reading): Flat {
  const { around, depth } = reading
  if (around.includes(schema)) return new Map([['', { other: 'itself again' }]])
  const own = ownShape(schema)
  if (around.length >= depth && childrenOf(schema).length > 0) return new Map([['', { ...own, cut: true }]])
  const inside = { ...reading, around: [...around, schema] }
  const flat = new Map([['', own], ...membersOf(schema, inside)])
  const parts = (schema.allOf ?? []).map((each) => flatten(each, inside))
  const choices = [schema.anyOf, schema.oneOf].filter((each) => each !== undefined && each.length > 0)
  const branches = choices.map((choice) => joined((choice ?? []).map((each) => flatten(each, inside))))
  return [...parts, ...branches].reduce(met, flat)
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
    ...kept(schema, ['pattern', 'format', 'multipleOf', ...BOUNDS.upper, ...BOUNDS.lower]),
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
