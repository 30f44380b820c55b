import type { JsonSchema } from '../../contract/schema.ts'
import { fits } from './fits.ts'
import { sampleNumber } from './sample-number.ts'
import type { SampleState } from './sample-state.ts'
import { sampleText } from './sample-text.ts'
import { typeOf } from './schema-type.ts'

export { token, uuid } from './sample-text.ts'
export { typeOf } from './schema-type.ts'

export interface SampleOptions {
  /** From 0 to 1; seeded, so that a run can be repeated. */
  readonly random: () => number
  /** Optional properties too. Default true: more to plant and to read back. */
  readonly optional?: boolean
}

/** A value that the schema takes, as far as JSON Schema tells; names such as `email` help where it does not. */
export function sampleOf(schema: JsonSchema, options: SampleOptions, name = ''): unknown {
  const optional = options.optional ?? true
  const start = { random: options.random, name, depth: 0, turn: 0, path: [] }
  const whole = sample(schema, { ...start, optional, budget: { left: MOST_VALUES } })
  if (!optional || fits(schema, whole)) return whole
  const least = sample(schema, { ...start, optional: false, budget: { left: MOST_VALUES } })
  return fits(schema, least) ? least : whole
}

/** Deeper than this only what must be there is written. */
const DEPTH = 3
const DEEPEST = 12
/** Some documents describe objects of thousands of optional fields. */
const MOST_VALUES = 1500
/** Beyond this not even what must be there is written: lists of lists of a thousand items each have no end. */
const NOTHING_LEFT = -4 * MOST_VALUES
/** Values that an alternative counts for that came to nothing. */
const FAILED_OPTION = 20

function sample(schema: JsonSchema, state: SampleState): unknown {
  if (--state.budget.left < NOTHING_LEFT) return null
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined && schema.enum.length > 0) return chosen(schema.enum, state)
  const example = exampleOf(schema, state)
  if (example !== undefined) return example
  if (isNullable(schema) && (state.depth > DEPTH + 2 || state.path.includes(schema))) return null
  const inside = { ...state, depth: state.depth + 1, path: [...state.path, schema] }
  const parts = [...(schema.allOf ?? [])]
  const options = schema.oneOf ?? schema.anyOf ?? parts.find((each) => each.oneOf ?? each.anyOf)?.oneOf
  if (options && options.length > 0) return sampleOption(schema, options, state)
  if (parts.length > 0) return sample(merged(schema, parts), state)
  switch (typeOf(schema)) {
    case 'object':
      return sampleObject(schema, inside)
    case 'array':
      return sampleList(schema, inside)
    case 'integer':
    case 'number':
      return sampleNumber(schema, state)
    case 'boolean':
      return schema.default ?? state.turn % 2 === 1
    case 'null':
      return null
    default:
      return sampleText(schema, state)
  }
}

/** What lets nobody in by its sound first: a role that is refused proves nothing of the rest. */
function chosen(from: readonly unknown[], { turn }: SampleState): unknown {
  const plain = from.filter((each) => each !== null && !/^(admin|root|super|owner|internal|system)/i.test(String(each)))
  const all = [...plain, ...from.filter((each) => !plain.includes(each))]
  return all[turn % all.length]
}

/** The document's own example of a scalar, where it fits and need not differ from another. */
function exampleOf(schema: JsonSchema, { turn, name }: SampleState): unknown {
  const [first] = (schema.examples as readonly unknown[] | undefined) ?? []
  if (turn > 0 || first === undefined || typeof first === 'object') return undefined
  // What must be unique would collide the second time; dates of an example are past.
  if (
    /e?mail|user_?name|login|slug|handle|date|time|expir|until/i.test(name) ||
    /^date|^email/.test(schema.format ?? '')
  )
    return undefined
  return fits(schema, first) ? first : undefined
}

const isNullable = ({ type, anyOf, oneOf }: JsonSchema): boolean =>
  (Array.isArray(type) && type.includes('null')) ||
  [...(anyOf ?? []), ...(oneOf ?? [])].some((each) => each.type === 'null')

/** The first alternative that, with what stands beside it, gives a value that the whole takes. */
function sampleOption(schema: JsonSchema, options: readonly JsonSchema[], state: SampleState): unknown {
  const { oneOf: _one, anyOf: _any, ...base } = schema
  const parts = (schema.allOf ?? []).map(({ oneOf: _, anyOf: __, ...part }) => part)
  const candidates = options.filter((each) => each.type !== 'null' && !state.path.includes(each))
  let first: unknown
  for (const [index, option] of candidates.entries()) {
    const told = discriminated(schema, options, option)
    const whole = merged(base, [...parts, option, ...(told === null ? [] : [told])])
    const value = sample(whole, { ...state, depth: state.depth + 1, path: [...state.path, schema, option] })
    if (state.depth > DEEPEST || state.budget.left < 0 || fits(schema, value)) return value
    // Alternatives of alternatives multiply.
    state.budget.left -= FAILED_OPTION
    if (index === 0) first = value
  }
  return candidates.length === 0 ? null : first
}

/** The property that says which alternative it is, where the alternative itself does not say it. */
function discriminated(schema: JsonSchema, options: readonly JsonSchema[], option: JsonSchema): JsonSchema | null {
  const { propertyName, mapping } = (schema.discriminator ?? {}) as { propertyName?: unknown; mapping?: object }
  if (typeof propertyName !== 'string') return null
  const own = option.properties?.[propertyName]
  if (own?.const !== undefined || own?.enum?.length === 1) return null
  const keys = Object.keys(mapping ?? {})
  const value = keys.length === options.length ? keys[options.indexOf(option)] : option.title
  if (typeof value !== 'string' || (own?.enum !== undefined && !own.enum.includes(value))) return null
  return { properties: { [propertyName]: { const: value } }, required: [propertyName] }
}

/** One schema of several that all hold; of a keyword that two have, the narrower counts where that is plain. */
function merged(base: JsonSchema, parts: readonly JsonSchema[]): JsonSchema {
  const { allOf: _, ...start } = base
  let whole: JsonSchema = start
  for (const part of parts) whole = mergedTwo(whole, part)
  return whole
}

function mergedTwo(whole: JsonSchema, part: JsonSchema): JsonSchema {
  const properties: Record<string, JsonSchema> = { ...whole.properties }
  for (const [name, each] of Object.entries(part.properties ?? {}))
    properties[name] = properties[name] === undefined ? each : merged(properties[name], [each])
  const both = (key: string, pick: (one: number, other: number) => number) => {
    const [one, other] = [whole[key], part[key]]
    return typeof one === 'number' && typeof other === 'number' ? { [key]: pick(one, other) } : {}
  }
  return {
    ...whole,
    ...part,
    ...(Object.keys(properties).length > 0 ? { properties } : {}),
    required: [...(whole.required ?? []), ...(part.required ?? [])],
    ...both('minimum', Math.max),
    ...both('maximum', Math.min),
    ...both('minLength', Math.max),
    ...both('maxLength', Math.min),
    ...both('minItems', Math.max),
    ...both('maxItems', Math.min),
  }
}

function sampleObject(schema: JsonSchema, state: SampleState): Record<string, unknown> {
  const required = new Set(schema.required ?? [])
  const isDeep = state.depth > DEPTH || state.budget.left < 0
  const made: Record<string, unknown> = {}
  // What must hold itself without end cannot be written.
  if (state.depth > DEEPEST || state.path.filter((each) => each === schema).length > 2) return made
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (property.readOnly === true && !required.has(name)) continue
    if (!required.has(name) && (!state.optional || isDeep || state.path.includes(property))) continue
    const value = sample(property, { ...state, name, turn: 0 })
    // What is optional and cannot be made right is better left out.
    if (required.has(name) || fits(property, value)) made[name] = value
  }
  for (const name of required)
    if (!Object.hasOwn(made, name)) made[name] = sample(schemaOfName(schema, name), { ...state, name, turn: 0 })
  const least = typeof schema.minProperties === 'number' ? schema.minProperties : 0
  const isMap = typeof schema.additionalProperties === 'object' && Object.keys(schema.properties ?? {}).length === 0
  const wanted = Math.max(least, isMap && state.optional && !isDeep && schema.maxProperties !== 0 ? 1 : 0)
  for (let turn = 0; Object.keys(made).length < wanted && turn < 200; turn++) {
    const name =
      schema.propertyNames === undefined
        ? `sample${turn === 0 ? '' : turn}`
        : String(sampleText(schema.propertyNames, { ...state, name: 'key', turn }))
    if (!Object.hasOwn(made, name)) made[name] = sample(schemaOfName(schema, name), { ...state, name, turn })
  }
  return made
}

function schemaOfName(schema: JsonSchema, name: string): JsonSchema {
  const own = Object.hasOwn(schema.properties ?? {}, name) ? schema.properties?.[name] : undefined
  return own ?? (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {})
}

function sampleList(schema: JsonSchema, state: SampleState): readonly unknown[] {
  const before = schema.prefixItems ?? []
  const most = schema.maxItems ?? Infinity
  const isCircle = schema.items !== undefined && state.path.includes(schema.items)
  const wished = schema.items === undefined || isCircle || state.depth > DEPTH + 1 ? 0 : 1
  const count = Math.min(Math.max(schema.minItems ?? 0, wished, before.length), most, 1000)
  const made: unknown[] = []
  for (let turn = 0; made.length < count && turn < count * 10 + 20 && state.budget.left > NOTHING_LEFT; turn++) {
    const item = sample(before[made.length] ?? schema.items ?? {}, { ...state, turn })
    const isNew = schema.uniqueItems !== true || !made.some((each) => JSON.stringify(each) === JSON.stringify(item))
    if (isNew) made.push(item)
  }
  return made
}
