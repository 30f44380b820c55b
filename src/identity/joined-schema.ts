import {
  type AnySchema,
  type InputOf,
  type JsonSchema,
  jsonSchemaOf,
  type OutputOf,
  type Schema,
  type SchemaIssue,
} from '../contract/schema.ts'

/**
 * One strict object schema from two: each validates its own members, and any other member is refused.
 * @throws {TypeError} When one is no strict object, or both have a member of the same name.
 */
export function joinedSchema<A extends AnySchema, B extends AnySchema>(
  a: A,
  b: B,
): Schema<InputOf<A> & InputOf<B>, OutputOf<A> & OutputOf<B>> {
  const input = joinedJson(a, b, 'input')
  const parts = [a, b].map((schema) => ({ schema, names: Object.keys(jsonSchemaOf(schema, 'input').properties ?? {}) }))
  return {
    '~standard': {
      version: 1,
      vendor: 'turnpike',
      jsonSchema: { input: () => ({ ...input }), output: () => ({ ...joinedJson(a, b, 'output') }) },
      async validate(value) {
        if (typeof value !== 'object' || value === null || Array.isArray(value))
          return { issues: [{ message: 'must be an object' }] }
        const known = parts.flatMap(({ names }) => names)
        const issues: SchemaIssue[] = Object.keys(value).flatMap((name) =>
          known.includes(name) ? [] : [{ message: 'is not accepted', path: [name] }],
        )
        const joined = {}
        for (const { schema, names } of parts) {
          const own = Object.fromEntries(Object.entries(value).filter(([name]) => names.includes(name)))
          const result = await schema['~standard'].validate(own)
          if (result.issues) issues.push(...result.issues)
          else Object.assign(joined, result.value)
        }
        return issues.length > 0 ? { issues } : { value: joined as OutputOf<A> & OutputOf<B> }
      },
    },
  }
}

function joinedJson(a: AnySchema, b: AnySchema, direction: 'input' | 'output'): JsonSchema {
  const [left, right] = [a, b].map((schema) => jsonSchemaOf(schema, direction)) as [JsonSchema, JsonSchema]
  for (const { type, additionalProperties, $ref } of [left, right]) {
    if (type !== 'object' || additionalProperties !== false || $ref !== undefined)
      throw new TypeError('a profile must be a strict object; use z.strictObject({ … })')
  }
  for (const group of ['properties', '$defs'] as const) {
    const twice = Object.keys(left[group] ?? {}).filter((name) => Object.hasOwn(right[group] ?? {}, name))
    if (twice.length > 0)
      throw new TypeError(`a profile cannot have the field ${twice.join(', ')}: every user has it already`)
  }
  const defs = { ...left.$defs, ...right.$defs }
  return {
    type: 'object',
    properties: { ...left.properties, ...right.properties },
    required: [...(left.required ?? []), ...(right.required ?? [])],
    additionalProperties: false,
    ...(Object.keys(defs).length > 0 ? { $defs: defs } : {}),
  }
}
