/**
 * A schema: anything that implements Standard Schema v1 with its JSON Schema trait (zod 4 does).
 * The schema itself validates; its JSON Schema feeds review, OpenAPI, projection and attacks.
 */
export interface Schema<In = unknown, Out = In> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Out> | Promise<SchemaResult<Out>>
    readonly types?: { readonly input: In; readonly output: Out } | undefined
    readonly jsonSchema: {
      readonly input: (options: { readonly target: 'draft-2020-12' }) => Record<string, unknown>
      readonly output: (options: { readonly target: 'draft-2020-12' }) => Record<string, unknown>
    }
  }
}

export type SchemaResult<Out> =
  | { readonly value: Out; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

// biome-ignore lint/suspicious/noExplicitAny: any schema, whatever it takes and gives; `unknown` is not assignable from a validator of a narrower input.
export type AnySchema = Schema<any, any>
export type InputOf<S> = S extends Schema<infer In, unknown> ? In : never
export type OutputOf<S> = S extends Schema<infer _In, infer Out> ? Out : never

/** JSON Schema draft 2020-12, the part that contracts use. */
export interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | JsonSchema
  readonly propertyNames?: JsonSchema
  readonly items?: JsonSchema
  readonly prefixItems?: readonly JsonSchema[]
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly format?: string
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly maxProperties?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly default?: unknown
  readonly description?: string
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, JsonSchema>>
  readonly readOnly?: boolean
  readonly writeOnly?: boolean
  /** The value is the id of an object of this resource; it is loaded and authorized like a path parameter. */
  readonly 'x-turnpike-ref'?: string
  /** The value is a row of this resource, projected for whoever reads it. */
  readonly 'x-turnpike-view'?: string
  /** Which resource of this process: names may repeat between APIs. Never exported. */
  readonly 'x-turnpike-uid'?: number
  readonly [keyword: string]: unknown
}

const cache = { input: new WeakMap<AnySchema, JsonSchema>(), output: new WeakMap<AnySchema, JsonSchema>() }

/**
 * The JSON Schema of what goes in (`input`) or comes out (`output`).
 * @throws {TypeError} When JSON Schema cannot say it (transforms, dates); the message is the library's, the caller names the place.
 */
export function jsonSchemaOf(schema: AnySchema, direction: 'input' | 'output'): JsonSchema {
  const known = cache[direction].get(schema)
  if (known) return known
  const { $schema: _, ...rest } = schema['~standard'].jsonSchema[direction]({ target: 'draft-2020-12' })
  cache[direction].set(schema, rest as JsonSchema)
  return rest as JsonSchema
}

/** Where an issue is, as a JSON Pointer (RFC 6901). */
export function pointerOf(issue: SchemaIssue): string {
  const keys = (issue.path ?? []).map((part) => (typeof part === 'object' ? part.key : part))
  return keys.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

export function isSchema(value: unknown): value is AnySchema {
  return (typeof value === 'object' || typeof value === 'function') && value !== null && '~standard' in value
}

/** Every schema node with its pointer, depth first; follows local `$ref`s once each. */
export function* nodesOf(
  root: JsonSchema,
  pointer = '',
  seen = new Set<JsonSchema>(),
): Generator<{ node: JsonSchema; at: string }> {
  yield* walk(root, root, pointer, seen)
}

function* walk(
  node: JsonSchema,
  root: JsonSchema,
  at: string,
  seen: Set<JsonSchema>,
): Generator<{ node: JsonSchema; at: string }> {
  if (seen.has(node)) return
  seen.add(node)
  yield { node, at }
  const target = resolveRef(node, root)
  if (target !== node) yield* walk(target, root, at, seen)
  for (const [name, child] of Object.entries(node.properties ?? {})) yield* walk(child, root, `${at}/${name}`, seen)
  if (node.items) yield* walk(node.items, root, `${at}/*`, seen)
  if (typeof node.additionalProperties === 'object') yield* walk(node.additionalProperties, root, `${at}/*`, seen)
  for (const group of [node.prefixItems, node.anyOf, node.oneOf, node.allOf]) {
    for (const child of group ?? []) yield* walk(child, root, at, seen)
  }
}

/** Follows a local reference (`#/$defs/name` or `#`); anything else stays as it is. */
export function resolveRef(node: JsonSchema, root: JsonSchema): JsonSchema {
  if (node.$ref === undefined) return node
  if (node.$ref === '#') return root
  const name = /^#\/\$defs\/(.+)$/.exec(node.$ref)?.[1]
  return (name !== undefined && root.$defs?.[name]) || node
}
