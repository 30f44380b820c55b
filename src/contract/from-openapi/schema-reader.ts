import type { JsonSchema } from '../schema.ts'
import type { Faults } from './faults.ts'
import { isJsonObject, type JsonObject, listOf, pointer } from './json-object.ts'
import { mergeParts, NarrowedProperties, type SchemaPart } from './merge-parts.ts'
import type { References } from './references.ts'
import { plainKeywords } from './schema-keywords.ts'

interface Waiting extends SchemaPart {
  readonly schema: Record<string, unknown>
  /** The nearest schema around it with definitions of its own. */
  readonly base: JsonObject | null
}

/**
 * Reads schemas into a graph: references are gone, what is the same place in the document is the same object, and a
 * schema that refers to itself is a circle. Works through a queue, so that neither depth nor circles matter.
 */
export class SchemaReader {
  readonly #references: References
  readonly #faults: Faults
  readonly #known = new Map<JsonObject, JsonSchema>()
  readonly #remote = new Map<string, JsonSchema>()
  readonly #narrowed = new NarrowedProperties()
  readonly #waiting: Waiting[] = []

  constructor(references: References, faults: Faults) {
    this.#references = references
    this.#faults = faults
  }

  /** The schema at a place. It is empty until `finish` has run. */
  read(given: unknown, at: string, base: JsonObject | null = null): JsonSchema {
    if (given === undefined || given === true) return {}
    if (given === false) return { not: {} }
    if (isJsonObject(given) && !isBareReference(given)) return this.#place(given, at, base)
    const target = this.#references.target(given, at, base)
    if (target.kind === 'nothing') return {}
    if (target.kind === 'remote') return this.#outside(target.reference)
    if (isJsonObject(target.value)) return this.#place(target.value, target.at, base)
    if (typeof target.value === 'boolean') return this.read(target.value, target.at)
    this.#faults.add(target.at, 'is no schema')
    return {}
  }

  finish(): void {
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) this.#fill(next)
  }

  #place(source: JsonObject, at: string, base: JsonObject | null): JsonSchema {
    const known = this.#known.get(source)
    if (known) return known
    const schema: Record<string, unknown> = {}
    this.#known.set(source, schema)
    this.#waiting.push({ source, at, schema, base: isJsonObject(source.$defs) ? source : base })
    return schema
  }

  #outside(reference: string): JsonSchema {
    const known = this.#remote.get(reference) ?? { $ref: reference }
    this.#remote.set(reference, known)
    return known
  }

  #fill({ source, at, schema, base }: Waiting): void {
    const merged = mergeParts(this.#parts({ source, at }, base), this.#narrowed, (member) => {
      const target = this.#references.target(member, at, base)
      return target.kind === 'value' && target.value === source
    })
    for (const [key, value] of plainKeywords(merged.keywords, at, this.#faults)) {
      const place = pointer(at, key)
      const read = this.#keyword(key, value, place, base)
      if (read !== undefined) schema[key] = read
    }
    if (merged.properties.size > 0 || isJsonObject(source.properties)) {
      const entries = [...merged.properties].map(([name, part]) => [name, this.read(part.source, part.at, base)])
      schema.properties = Object.fromEntries(entries)
    }
    if (schema.type === undefined && schema.anyOf === undefined && schema.oneOf === undefined) {
      if (merged.properties.size > 0) schema.type = 'object'
      else if (schema.items !== undefined) schema.type = 'array'
    }
  }

  /** The schema and all that its `allOf` adds to it, the most specific last. */
  #parts(start: SchemaPart, base: JsonObject | null): readonly SchemaPart[] {
    const found: SchemaPart[] = []
    const seen = new Set<JsonObject>()
    const waiting = [start]
    for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
      if (seen.has(part.source)) continue
      if (found.length >= MOST_PARTS) {
        this.#faults.add(start.at, `is made of more than ${MOST_PARTS} schemas; the rest was left out`)
        break
      }
      seen.add(part.source)
      found.push(part)
      const more = listOf(part.source.allOf).map((each, index) => ({ each, at: pointer(`${part.at}/allOf`, index) }))
      // What stands beside a reference adds to it, as in 3.1; so it was often meant in 3.0.
      if (typeof part.source.$ref === 'string') more.unshift({ each: { $ref: part.source.$ref }, at: part.at })
      for (const { each, at } of more) {
        const target = this.#references.target(each, at, base)
        if (target.kind !== 'value' || typeof target.value === 'boolean') continue
        if (isJsonObject(target.value)) waiting.push({ source: target.value, at: target.at })
        else this.#faults.add(target.at, 'is no schema')
      }
    }
    return found.reverse()
  }

  #keyword(key: string, value: unknown, at: string, base: JsonObject | null): unknown {
    if (ONE.has(key)) return this.read(value, at, base)
    if (ONE_OR_SWITCH.has(key)) return typeof value === 'boolean' ? value : this.read(value, at, base)
    if (MANY.has(key)) return listOf(value).map((each, index) => this.read(each, pointer(at, index), base))
    if (NAMED.has(key) && isJsonObject(value))
      return Object.fromEntries(
        Object.entries(value).map(([name, each]) => [name, this.read(each, pointer(at, name), base)]),
      )
    return NAMED.has(key) ? undefined : value
  }
}

const MOST_PARTS = 500
const ONE = new Set(['items', 'not', 'if', 'then', 'else', 'contains', 'propertyNames'])
const ONE_OR_SWITCH = new Set(['additionalProperties', 'unevaluatedProperties', 'unevaluatedItems'])
const MANY = new Set(['prefixItems', 'anyOf', 'oneOf', 'allOf'])
const NAMED = new Set(['patternProperties', 'dependentSchemas'])

/** Notes beside a reference change nothing of what it refers to. */
const NOTES = new Set(['$ref', 'description', 'summary', 'title', 'example', 'examples', 'deprecated', 'externalDocs'])
const isBareReference = (source: JsonObject): boolean =>
  typeof source.$ref === 'string' && Object.keys(source).every((key) => NOTES.has(key) || key.startsWith('x-'))
