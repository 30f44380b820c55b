import { type AnySchema, isSchema, jsonSchemaOf } from './schema.ts'

/** The part of zod's schemas that leads to their members; schemas of other libraries have none and are named as a whole. */
interface Definition {
  readonly shape?: Readonly<Record<string, unknown>>
  readonly element?: unknown
  readonly innerType?: unknown
  readonly valueType?: unknown
  readonly in?: unknown
  readonly out?: unknown
  readonly options?: readonly unknown[]
  readonly coerce?: boolean
}

const definitionOf = (schema: AnySchema): Definition => (schema as { readonly def?: Definition }).def ?? {}

function membersOf(schema: AnySchema): readonly (readonly [at: string, member: AnySchema])[] {
  const { shape, element, innerType, valueType, in: from, out, options } = definitionOf(schema)
  const members = [
    ...Object.entries(shape ?? {}).map(([name, member]) => [`/${name}`, member] as const),
    ...[element, valueType].map((member) => ['/*', member] as const),
    ...[innerType, from, out, ...(options ?? [])].map((member) => ['', member] as const),
  ]
  return members.flatMap(([at, member]) => (isSchema(member) ? [[at, member] as const] : []))
}

/** The places that JSON Schema cannot say (transforms, dates), innermost first, with the library's reason. */
export function unsayable(
  schema: AnySchema,
  direction: 'input' | 'output',
  at = '',
  seen = new Set<AnySchema>(),
): readonly { readonly at: string; readonly reason: string }[] {
  if (seen.has(schema)) return []
  seen.add(schema)
  try {
    jsonSchemaOf(schema, direction)
    return []
  } catch (error) {
    const inner = membersOf(schema).flatMap(([below, member]) => unsayable(member, direction, at + below, seen))
    return inner.length > 0 ? inner : [{ at, reason: error instanceof Error ? error.message : String(error) }]
  }
}

/** The places that convert what they get (`z.coerce`): `''` becomes 0 and `'false'` becomes true. */
export function coercions(schema: AnySchema, at = '', seen = new Set<AnySchema>()): readonly string[] {
  if (seen.has(schema)) return []
  seen.add(schema)
  const own = definitionOf(schema).coerce === true ? [at] : []
  return [...own, ...membersOf(schema).flatMap(([below, member]) => coercions(member, at + below, seen))]
}
