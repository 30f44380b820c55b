import type { JsonSchema } from '../../../contract/schema.ts'
import type { Attack, Case } from '../../attack.ts'
import { sampleOf, typeOf } from '../../plan/sample.ts'
import { at } from '../../pointer.ts'
import { fewOf } from '../focus.ts'
import { boundedCases, excessVerdict } from './bounded-fields.ts'

/** Above that the array is a matter of the whole body. */
const MOST_ITEMS = 2_000
const FIELDS = 2

export const tooManyItems: Attack = {
  id: 'too-many-items',
  number: 73,
  risk: 'API4',
  severity: 'medium',
  cwe: 1284,
  title: 'An array with more items than its declared maximum is taken',
  references: ['OWASP API4:2023', 'ASVS 5.0 2.2.1'],
  maxRequests: 2 + 2 * FIELDS,
  oracle: 'An array above the maxItems of the document is taken and read back with more items than that.',
  fix: 'Validate requests against the schema that you publish, before the handler runs; bound every array.',
  phase: 'normal',
  cases: (plan) =>
    fewOf(
      plan,
      boundedCases(plan, (schema) => boundedArrays(schema).length > 0),
      6,
    ),
  run: (it: Case, probe) =>
    excessVerdict(probe, it, (schema, body) =>
      boundedArrays(schema).map(([name, property]) => {
        const known = at(body, `/${name}`)
        const most = Number(property.maxItems)
        const model = Array.isArray(known) && known.length > 0 ? known[0] : undefined
        const items = (count: number) =>
          Array.from({ length: count }, (_, index) => itemOf(property.items ?? {}, model, index, probe.random))
        return {
          what: `${name} with ${most + 1} items, where ${most} are declared,`,
          at: `/${name}`,
          value: items(most + 1),
          fair: items(Math.min(most, 2)),
          isIn: (shown) => holdsArrayOf(shown.json, name, most + 1),
        }
      }),
    ),
}

/** Items alike may be refused for being alike, so free ones differ. */
function itemOf(schema: JsonSchema, model: unknown, index: number, random: () => number): unknown {
  const item = model ?? sampleOf(schema, { random })
  if (schema.enum !== undefined || schema.const !== undefined) return item
  if (schema.format !== undefined || schema.pattern !== undefined) return sampleOf(schema, { random })
  if (typeof item === 'string') return `${item.slice(0, 20)}${index}`.slice(-(schema.maxLength ?? 30))
  return typeof item === 'number' ? item + index : item
}

function holdsArrayOf(json: unknown, name: string, atLeast: number, depth = 0): boolean {
  if (typeof json !== 'object' || json === null || depth > 3) return false
  return Object.entries(json).some(
    ([key, value]) =>
      (key === name && Array.isArray(value) && value.length >= atLeast) ||
      holdsArrayOf(value, name, atLeast, depth + 1),
  )
}

const boundedArrays = (schema: JsonSchema): readonly (readonly [name: string, property: JsonSchema])[] =>
  Object.entries(schema.properties ?? {})
    .filter(
      ([name, each]) =>
        typeOf(each) === 'array' &&
        each.readOnly !== true &&
        (each.maxItems ?? Number.POSITIVE_INFINITY) <= MOST_ITEMS &&
        !/[/~]/.test(name),
    )
    .slice(0, FIELDS)
