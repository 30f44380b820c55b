import { isJsonObject, type JsonObject, listOf, pointer } from './json-object.ts'

/** A schema as it stands in the document. */
export interface SchemaPart {
  readonly source: JsonObject
  readonly at: string
}

export interface MergedParts {
  readonly keywords: JsonObject
  readonly properties: ReadonlyMap<string, SchemaPart>
}

/** What names or shows the whole, so that an heir does not take it over. */
const NOT_INHERITED = new Set(['title', 'description', 'discriminator', 'example', 'examples', 'default'])
/** Of which several may hold at once; the earlier ones stay in `allOf`. */
const SEVERAL = new Set(['anyOf', 'oneOf', 'not', 'if', 'pattern'])
const ELSEWHERE = new Set(['properties', 'required', 'allOf', '$ref', '$defs', 'definitions', '__proto__'])

/**
 * One schema of what `allOf` spreads over several: all properties, all that is required, the most specific keyword.
 * @param isHeir - Whether a member of a base's `oneOf` is the schema at hand: a base that lists its heirs does not ask an heir to be one of them.
 */
export function mergeParts(
  parts: readonly SchemaPart[],
  narrowed: NarrowedProperties,
  isHeir: (member: unknown) => boolean,
): MergedParts {
  const keywords: Record<string, unknown> = {}
  const properties = new Map<string, SchemaPart>()
  const required = new Set<string>()
  const rest: JsonObject[] = []
  const own = parts.at(-1)?.source
  const wraps = parts.length <= 2 && !isJsonObject(own?.properties)
  for (const { source, at } of parts) {
    for (const [key, value] of Object.entries(source)) {
      if (ELSEWHERE.has(key) || (source !== own && !wraps && NOT_INHERITED.has(key))) continue
      if (source !== own && (key === 'oneOf' || key === 'anyOf') && listOf(value).some(isHeir)) continue
      if (SEVERAL.has(key) && keywords[key] !== undefined && keywords[key] !== value)
        rest.push({ [key]: keywords[key] })
      keywords[key] = value
    }
    for (const [name, given] of Object.entries(isJsonObject(source.properties) ? source.properties : {}))
      properties.set(
        name,
        narrowed.of(properties.get(name), { source: given as JsonObject, at: pointer(`${at}/properties`, name) }),
      )
    for (const name of listOf(source.required)) if (typeof name === 'string') required.add(name)
  }
  if (required.size > 0) keywords.required = [...required]
  if (rest.length > 0) keywords.allOf = rest
  return { keywords, properties }
}

const MOST = 20_000

/** Properties that a base and an heir both declare. The same two give the same object, so that circles stay circles. */
export class NarrowedProperties {
  readonly #known = new Map<JsonObject, Map<JsonObject, JsonObject>>()
  #count = 0

  /** What the heir says, on top of the base. */
  of(base: SchemaPart | undefined, heir: SchemaPart): SchemaPart {
    if (base === undefined || !isJsonObject(base.source) || !isJsonObject(heir.source)) return heir
    const isWhole = heir.source.allOf !== undefined || heir.source.$ref !== undefined
    if (isWhole || base.source === heir.source) return heir
    const known = this.#known.get(base.source) ?? new Map<JsonObject, JsonObject>()
    this.#known.set(base.source, known)
    const found = known.get(heir.source)
    if (found) return { source: found, at: heir.at }
    if (this.#count >= MOST) return heir
    this.#count += 1
    const source = { ...base.source, ...heir.source }
    known.set(heir.source, source)
    return { source, at: heir.at }
  }
}
