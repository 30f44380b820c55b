import type { JsonSchema } from '../../contract/schema.ts'

const DEPTH = 12

/** What recorded values have in common, as a schema: types, formats, properties, and which of them are always there. */
export function schemaOfSamples(values: readonly unknown[], depth = 0): JsonSchema {
  const held = values.filter((value) => value !== null && value !== undefined)
  if (held.length === 0 || depth > DEPTH) return {}
  const isNullable = held.length < values.length
  const [first] = held
  if (held.every(Array.isArray))
    return orNull({ type: 'array', items: schemaOfSamples(held.flat().slice(0, 200), depth + 1) }, isNullable)
  if (held.every(isObject)) return orNull(objectOf(held, depth), isNullable)
  const types = new Set(held.map((value) => typeof value))
  if (types.size > 1) return {}
  if (types.has('number')) return orNull({ type: held.every(Number.isInteger) ? 'integer' : 'number' }, isNullable)
  if (types.has('boolean')) return orNull({ type: 'boolean' }, isNullable)
  return typeof first === 'string' ? orNull({ type: 'string', ...formatOf(held.map(String)) }, isNullable) : {}
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const orNull = (schema: JsonSchema, isNullable: boolean): JsonSchema =>
  isNullable && typeof schema.type === 'string' ? { ...schema, type: [schema.type, 'null'] } : schema

function objectOf(held: readonly Readonly<Record<string, unknown>>[], depth: number): JsonSchema {
  const names = [...new Set(held.flatMap((each) => Object.keys(each)))].slice(0, 500)
  const having = (name: string) => held.filter((each) => Object.hasOwn(each, name))
  return {
    type: 'object',
    properties: Object.fromEntries(
      names.map((name) => [
        name,
        schemaOfSamples(
          having(name).map((each) => each[name]),
          depth + 1,
        ),
      ]),
    ),
    required: names.filter((name) => having(name).length === held.length),
  }
}

const FORMATS: readonly (readonly [string, RegExp])[] = [
  ['uuid', /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i],
  ['date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d/],
  ['date', /^\d{4}-\d\d-\d\d$/],
  ['email', /^[^@\s]{1,100}@[^@\s]{1,100}\.[a-z]{2,}$/i],
]

function formatOf(values: readonly string[]): { readonly format?: string } {
  const found = FORMATS.find(([, pattern]) => values.every((value) => pattern.test(value)))
  return found ? { format: found[0] } : {}
}
