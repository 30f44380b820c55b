import type { JsonSchema } from '../schema.ts'

/** What a schema node leaves without an upper bound, with the zod call that bounds it; null where it is bounded. */
export function unboundedness(node: JsonSchema): { readonly what: string; readonly fix: string } | null {
  if (node.const !== undefined || node.enum !== undefined) return null
  const types = typeof node.type === 'string' ? [node.type] : (node.type ?? [])
  if (types.includes('string') && !isBoundedString(node)) return { what: 'a string of any length', fix: '.max(200)' }
  if (types.includes('array') && node.maxItems === undefined && node.prefixItems === undefined)
    return { what: 'a list of any length', fix: '.max(100)' }
  if (types.includes('object') && isRecord(node) && node.maxProperties === undefined) {
    return {
      what: 'a record of any number of keys',
      fix: '.refine((it) => Object.keys(it).length <= 50).meta({ maxProperties: 50 })',
    }
  }
  if ((types.includes('number') || types.includes('integer')) && !isBoundedNumber(node))
    return { what: 'a number of any size', fix: '.min(0).max(1_000_000)' }
  return null
}

export const isRecord = (node: JsonSchema): boolean =>
  typeof node.additionalProperties === 'object' && Object.keys(node.additionalProperties).length > 0

const isBoundedNumber = (node: JsonSchema): boolean =>
  (node.minimum ?? node.exclusiveMinimum) !== undefined && (node.maximum ?? node.exclusiveMaximum) !== undefined

const SHORT_FORMATS = new Set(['uuid', 'date', 'time', 'date-time', 'ipv4', 'ipv6'])

function isBoundedString(node: JsonSchema): boolean {
  if (node.maxLength !== undefined) return true
  if (node.format !== undefined && SHORT_FORMATS.has(node.format)) return true
  return node.pattern !== undefined && isBoundedPattern(node.pattern)
}

/** Whether an anchored pattern has no quantifier without an upper end. Where in doubt, no. */
function isBoundedPattern(pattern: string): boolean {
  if (!pattern.startsWith('^') || !pattern.endsWith('$') || pattern.includes('|')) return false
  const bare = pattern.replaceAll(/\\./g, 'x').replaceAll(/\[[^[\]]*\]/g, 'x')
  return !/[*+]|\{\d*,\}/.test(bare)
}
