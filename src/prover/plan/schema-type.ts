import type { JsonSchema } from '../../contract/schema.ts'

/** The type, or the first that is not null; by its keywords where no type is said. */
export function typeOf(schema: JsonSchema): string {
  const types = Array.isArray(schema.type) ? schema.type.filter((type) => type !== 'null') : [schema.type]
  if (typeof types[0] === 'string') return types[0]
  if (Array.isArray(schema.type) && schema.type.includes('null')) return 'null'
  if (schema.properties !== undefined || schema.required !== undefined || schema.minProperties !== undefined)
    return 'object'
  if (schema.items !== undefined || schema.prefixItems !== undefined || schema.minItems !== undefined) return 'array'
  if (typeof schema.minimum === 'number' || typeof schema.maximum === 'number') return 'number'
  return typeof schema.additionalProperties === 'object' ? 'object' : 'string'
}
