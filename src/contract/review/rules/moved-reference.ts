import type { AnySchema, JsonSchema } from '../../schema.ts'
import { jsonSchemaOf, nodesOf } from '../../schema.ts'
import { unsayable } from '../../unsayable.ts'
import { inputsOf, jsonOf } from '../endpoint-schemas.ts'
import type { Rule } from '../finding.ts'

const REFERENCE = 'x-turnpike-ref'
/** Where references are looked for; behind any other keyword none would be found. */
const FOLLOWED = new Set(['properties', 'items', 'additionalProperties', 'anyOf', 'oneOf', 'allOf', '$defs'])

export const movedReference: Rule = {
  id: 'moved-reference',
  risk: 'API1',
  asvs: '8.2.2',
  severity: 'error',
  title: 'A reference in an input stays where it is found and authorized',
  *check(api) {
    for (const endpoint of api.endpoints) {
      for (const placed of inputsOf(endpoint)) {
        const json = jsonOf(placed)
        const references = json === null ? [] : referencesIn(json)
        if (json === null || (references.length === 0 && !mentions(json))) continue
        const finding = (at: string, why: string, fix: string) => ({
          endpoint,
          message: `${placed.place}${at} ${why}; the handler would get an id that nobody authorized`,
          fix,
        })
        if (placed.place.startsWith('params.')) {
          yield finding(
            '',
            'is a reference, but a path names its objects by their resource',
            `${placed.place.slice('params.'.length)}: <resource>`,
          )
          continue
        }
        for (const at of hiddenIn(json))
          yield finding(at, 'is a reference in a tuple or in the name of a member', 'z.array(<resource>.ref).max(10)')
        for (const at of movedBy(placed.schema, references))
          yield finding(at, 'holds a reference and is transformed', '(without the transform; the handler can do it)')
      }
    }
  },
}

const referencesIn = (json: JsonSchema): readonly string[] =>
  [...nodesOf(json)].flatMap(({ node, at }) => (node[REFERENCE] === undefined ? [] : [at]))

const mentions = (value: unknown): boolean => JSON.stringify(value).includes(`"${REFERENCE}"`)

/** Handlers get what the schema gives, so a reference must be at the same places on both sides of it. */
function movedBy(schema: AnySchema, before: readonly string[]): readonly string[] {
  const transforms = unsayable(schema, 'output')
  if (transforms.length > 0) return transforms.map(({ at }) => at)
  const after = new Set(referencesIn(jsonSchemaOf(schema, 'output')))
  return before.filter((at) => !after.has(at))
}

function* hiddenIn(node: JsonSchema, at = ''): Generator<string> {
  for (const [keyword, value] of Object.entries(node)) {
    if (typeof value !== 'object' || value === null) continue
    if (!FOLLOWED.has(keyword)) {
      if (mentions(value)) yield at
    } else if (keyword === 'properties' || keyword === '$defs') {
      for (const [name, child] of Object.entries(value as Record<string, JsonSchema>))
        yield* hiddenIn(child, keyword === '$defs' ? at : `${at}/${name}`)
    } else if (Array.isArray(value)) {
      for (const child of value as readonly JsonSchema[]) yield* hiddenIn(child, at)
    } else yield* hiddenIn(value as JsonSchema, `${at}/*`)
  }
}
