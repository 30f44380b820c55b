import type { JsonSchema } from '../../contract/schema.ts'
import { regexpOf } from './document-pattern.ts'

/** Where it stands: parts that refer to parts multiply, so that steps are counted. */
interface Place {
  readonly depth: number
  readonly steps: { left: number }
}

const MOST_STEPS = 20_000
const DEEPEST = 40
const below = ({ depth, steps }: Place): Place => ({ depth: depth + 1, steps })

/**
 * Whether a value is what the schema asks for: the keywords that documents use, formats left out. A schema that refers to itself is followed
 * as deep as the value goes; what cannot be told within bounds counts as fitting.
 */
export function fits(schema: JsonSchema | boolean | undefined, value: unknown): boolean {
  const place: Place = { depth: 0, steps: { left: MOST_STEPS } }
  return holds(schema, value, place) || place.steps.left < 0
}

function holds(schema: JsonSchema | boolean | undefined, value: unknown, place: Place): boolean {
  if (typeof schema !== 'object') return schema !== false
  if (place.depth > DEEPEST || --place.steps.left < 0) return true
  return (
    hasType(schema, value) &&
    isListed(schema, value) &&
    (typeof value !== 'number' || fitsNumber(schema, value)) &&
    (typeof value !== 'string' || fitsText(schema, value)) &&
    (!Array.isArray(value) || fitsList(schema, value, place)) &&
    (!isObject(value) || fitsObject(schema, value, place)) &&
    fitsParts(schema, value, place)
  )
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Equal as JSON. */
const same = (one: unknown, other: unknown): boolean => one === other || canonical(one) === canonical(other)
const canonical = (value: unknown): string | undefined =>
  JSON.stringify(value, (_key, each: unknown) =>
    isObject(each) ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1))) : each,
  )

function hasType({ type }: JsonSchema, value: unknown): boolean {
  if (type === undefined) return true
  const types = typeof type === 'string' ? [type] : type
  const own = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
  return types.some((each) => each === own || (each === 'integer' && Number.isInteger(value)))
}

const isListed = (schema: JsonSchema, value: unknown): boolean =>
  (schema.enum === undefined || schema.enum.some((each) => same(each, value))) &&
  (schema.const === undefined || same(schema.const, value))

function fitsNumber(schema: JsonSchema, value: number): boolean {
  const step = schema.multipleOf
  return (
    !(value < (schema.minimum ?? -Infinity)) &&
    !(value > (schema.maximum ?? Infinity)) &&
    !(value <= (schema.exclusiveMinimum ?? -Infinity)) &&
    !(value >= (schema.exclusiveMaximum ?? Infinity)) &&
    (typeof step !== 'number' || step <= 0 || Number.isInteger(value / step))
  )
}

function fitsText(schema: JsonSchema, value: string): boolean {
  const { length } = [...value]
  if (length < (schema.minLength ?? 0) || length > (schema.maxLength ?? Infinity)) return false
  return schema.pattern === undefined || regexpOf(schema.pattern)?.test(value) !== false
}

function fitsList(schema: JsonSchema, value: readonly unknown[], place: Place): boolean {
  if (value.length < (schema.minItems ?? 0) || value.length > (schema.maxItems ?? Infinity)) return false
  if (schema.uniqueItems === true && new Set(value.map(canonical)).size < value.length) return false
  const before = schema.prefixItems ?? []
  return value.every((item, index) => holds(before[index] ?? schema.items, item, below(place)))
}

function fitsObject(schema: JsonSchema, value: Readonly<Record<string, unknown>>, place: Place): boolean {
  const names = Object.keys(value)
  const [least, most] = [schema.minProperties, schema.maxProperties]
  if (typeof least === 'number' && names.length < least) return false
  if (typeof most === 'number' && names.length > most) return false
  if ((schema.required ?? []).some((name) => !Object.hasOwn(value, name))) return false
  const patterns = Object.entries((schema.patternProperties ?? {}) as Readonly<Record<string, JsonSchema>>)
  return names.every((name) => {
    if (schema.propertyNames !== undefined && !holds(schema.propertyNames, name, below(place))) return false
    const own = Object.hasOwn(schema.properties ?? {}, name) ? schema.properties?.[name] : undefined
    const matched = patterns.filter(([pattern]) => regexpOf(pattern)?.test(name))
    if (own === undefined && matched.length === 0) return holds(schema.additionalProperties, value[name], below(place))
    return (
      (own === undefined || holds(own, value[name], below(place))) &&
      matched.every(([, each]) => holds(each, value[name], below(place)))
    )
  })
}

function fitsParts(schema: JsonSchema, value: unknown, place: Place): boolean {
  const part = (each: JsonSchema) => holds(each, value, below(place))
  if (schema.allOf?.every(part) === false) return false
  if (schema.anyOf?.some(part) === false) return false
  if (schema.oneOf !== undefined) {
    // A discriminator says which one counts, whatever else would hold too.
    const most = schema.discriminator === undefined ? 1 : Infinity
    const { length } = schema.oneOf.filter(part)
    if (length < 1 || length > most) return false
  }
  if (schema.not !== undefined && part(schema.not as JsonSchema)) return false
  if (schema.if === undefined) return true
  return holds(
    (part(schema.if as JsonSchema) ? schema.then : schema.else) as JsonSchema | undefined,
    value,
    below(place),
  )
}
