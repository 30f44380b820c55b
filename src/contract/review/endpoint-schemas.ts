import { schemaOfBody } from '../body.ts'
import type { Endpoint } from '../endpoint.ts'
import { schemaOfReply } from '../reply.ts'
import { type AnySchema, type JsonSchema, jsonSchemaOf, nodesOf } from '../schema.ts'

export interface PlacedSchema {
  /** `body`, `query`, `params.year`, `reply`. */
  readonly place: string
  readonly schema: AnySchema
}

/** The schemas through which input arrives. */
export function inputsOf(endpoint: Endpoint): readonly PlacedSchema[] {
  const body = schemaOfBody(endpoint.body)
  return [
    ...endpoint.params.flatMap(({ name, schema }) => (schema === null ? [] : [{ place: `params.${name}`, schema }])),
    ...(endpoint.query === null ? [] : [{ place: 'query', schema: endpoint.query }]),
    ...(body === null ? [] : [{ place: 'body', schema: body }]),
  ]
}

export function replyOf(endpoint: Endpoint): PlacedSchema | null {
  const schema = schemaOfReply(endpoint.reply)
  return schema === null ? null : { place: 'reply', schema }
}

/** The JSON Schema, or null where it cannot be said; the rule `unsayable-schema` names that field. */
export function jsonOf({ place, schema }: PlacedSchema): JsonSchema | null {
  try {
    return jsonSchemaOf(schema, place === 'reply' ? 'output' : 'input')
  } catch {
    return null
  }
}

export interface PlacedNode {
  /** `body/email`. */
  readonly at: string
  readonly place: string
  /** Name of the property; of the parameter for a whole schema; empty for the root of a body. */
  readonly name: string
  readonly node: JsonSchema
}

/** Every node of the given schemas, by place. */
export function* placedNodes(schemas: Iterable<PlacedSchema>): Generator<PlacedNode> {
  for (const placed of schemas) {
    const json = jsonOf(placed)
    if (json === null) continue
    for (const { node, at } of nodesOf(json)) {
      const last =
        at
          .split('/')
          .filter((part) => part !== '*')
          .at(-1) ?? ''
      yield {
        at: placed.place + at,
        place: placed.place,
        name: at === '' ? placed.place.replace(/^(params\.|query$|body$|reply$)/, '') : last,
        node,
      }
    }
  }
}

/** Whether the schema node stands for a resource: its row or its id are checked elsewhere. */
export const isOfResource = (node: JsonSchema): boolean => node['x-turnpike-uid'] !== undefined
