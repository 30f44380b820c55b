import type { Faults } from './faults.ts'
import { type JsonObject, listOf, pointer } from './json-object.ts'

const NUMBERS = new Set(
  'minLength maxLength minItems maxItems minProperties maxProperties minimum maximum multipleOf'.split(' '),
)
const TEXTS = new Set(['format', 'pattern', 'description', 'title'])
const LISTS = new Set(['enum', 'anyOf', 'oneOf', 'prefixItems'])
const TYPES = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'])

/** The keywords of one schema in the spelling of 3.1; those of a wrong type are left out and told. */
export function* plainKeywords(
  given: JsonObject,
  at: string,
  faults: Faults,
): Generator<[key: string, value: unknown]> {
  for (const [key, value] of Object.entries(given)) {
    if (MOVED.has(key)) continue
    if (isRight(key, value)) yield [key, value]
    else faults.add(pointer(at, key), 'is not as JSON Schema has it')
  }
  const type = typesOf(given, at, faults)
  if (type !== undefined) yield ['type', type]
  if (given.nullable === true && type === undefined) yield* orNull(given)
  yield* limit('minimum', 'exclusiveMinimum', given)
  yield* limit('maximum', 'exclusiveMaximum', given)
  if (Array.isArray(given.items)) yield ['prefixItems', given.items]
  else if (given.items !== undefined) yield ['items', given.items]
  if (Array.isArray(given.examples)) yield ['examples', given.examples]
  else if (given.example !== undefined) yield ['examples', [given.example]]
}

/** Keywords that 3.0 or an older JSON Schema spells in another way; they are written anew. */
const MOVED = new Set(
  'type nullable example examples minimum maximum exclusiveMinimum exclusiveMaximum items additionalItems'.split(' '),
)

function isRight(key: string, value: unknown): boolean {
  if (NUMBERS.has(key)) return typeof value === 'number' && Number.isFinite(value)
  if (TEXTS.has(key)) return typeof value === 'string'
  return !LISTS.has(key) || Array.isArray(value)
}

function typesOf(given: JsonObject, at: string, faults: Faults): string | readonly string[] | undefined {
  if (given.type === undefined) return undefined
  const all = Array.isArray(given.type) ? given.type : [given.type]
  const known = all.filter((each): each is string => typeof each === 'string' && TYPES.has(each))
  if (known.length < all.length) faults.add(`${at}/type`, `is no type: ${JSON.stringify(given.type)?.slice(0, 100)}`)
  const [only] = known
  if (only === undefined) return undefined
  if (given.nullable === true && !known.includes('null')) return [...known, 'null']
  return Array.isArray(given.type) ? known : only
}

function* orNull(given: JsonObject): Generator<[string, unknown]> {
  for (const key of ['anyOf', 'oneOf'])
    if (Array.isArray(given[key])) yield [key, [...listOf(given[key]), { type: 'null' }]]
}

/** 3.0 marks a bound as exclusive, 3.1 writes the exclusive bound. */
function* limit(bound: string, exclusive: string, given: JsonObject): Generator<[string, number]> {
  const [value, excluded] = [given[bound], given[exclusive]]
  if (typeof excluded === 'number') yield [exclusive, excluded]
  if (typeof value === 'number') yield [excluded === true ? exclusive : bound, value]
}
