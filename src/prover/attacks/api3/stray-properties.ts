import type { JsonSchema } from '../../../contract/schema.ts'
import { isPersonal, looksPrivate } from './secrets.ts'

/** A property of a reply that its schema does not have. */
export interface Stray {
  /** Names from the root, `*` for items: `/items/*` + `/margin`. */
  readonly at: string
  /** The schema shuts further properties out. */
  readonly isClosed: boolean
  readonly looksPrivate: boolean
  /** A contact or a trace of a person. */
  readonly isPersonal: boolean
}

/** Properties that the schema of a reply does not declare, each once. Objects of which the schema says nothing may hold anything. */
export function strayProperties(value: unknown, schema: JsonSchema): readonly Stray[] {
  const found = new Map<string, Stray>()
  for (const stray of strays(value, [schema], '', 0)) found.set(stray.at, stray)
  return [...found.values()]
}

function* strays(value: unknown, schemas: readonly JsonSchema[], at: string, depth: number): Generator<Stray> {
  if (typeof value !== 'object' || value === null || depth > 8) return
  const all = schemas.flatMap((schema) => alternatives(schema, 0))
  if (Array.isArray(value)) {
    const items = all.flatMap((each) => (each.items ? [each.items] : []))
    if (items.length > 0) for (const item of value.slice(0, 20)) yield* strays(item, items, `${at}/*`, depth + 1)
    return
  }
  if (all.every((each) => each.properties === undefined) || all.some((each) => each.$ref !== undefined)) return
  for (const [name, child] of Object.entries(value)) {
    const declared = all.flatMap((each) => declaredAs(each, name))
    if (declared.length > 0) yield* strays(child, declared, `${at}/${name}`, depth + 1)
    else
      yield {
        at: `${at}/${name}`,
        isClosed: all.some(shutsOut),
        looksPrivate: looksPrivate(name, child),
        isPersonal: isPersonal(name, child),
      }
  }
}

function alternatives(schema: JsonSchema, depth: number): readonly JsonSchema[] {
  if (depth > 4) return []
  const more = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])]
  return [schema, ...more.flatMap((each) => alternatives(each, depth + 1))]
}

function declaredAs(schema: JsonSchema, name: string): readonly JsonSchema[] {
  const { properties, additionalProperties, patternProperties } = schema
  if (properties && Object.hasOwn(properties, name)) return [properties[name] as JsonSchema]
  if (typeof additionalProperties === 'object') return [additionalProperties]
  return additionalProperties === true || patternProperties !== undefined ? [{}] : []
}

const shutsOut = ({ additionalProperties, unevaluatedProperties }: JsonSchema): boolean =>
  additionalProperties === false || unevaluatedProperties === false
