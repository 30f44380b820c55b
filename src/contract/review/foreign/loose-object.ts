import type { JsonSchema } from '../../schema.ts'

/** Whether a schema of an object takes any field: nothing is said, or any value is allowed. A record of one kind of value is none. */
export function isLooseObject(node: JsonSchema): boolean {
  const isObject = node.properties !== undefined || [node.type].flat().includes('object')
  if (!isObject) return false
  const rest = node.additionalProperties ?? node.unevaluatedProperties
  if (rest === false) return false
  if (typeof rest === 'object' && rest !== null) return Object.keys(rest).length === 0
  return node.patternProperties === undefined || rest === true
}
