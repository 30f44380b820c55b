import type { ReadContent, ReadOperation } from '../../from-openapi/document.ts'
import { type SchemaNode, schemaNodes } from '../../from-openapi/schema-nodes.ts'
import type { JsonSchema } from '../../schema.ts'

export interface SchemaPlace extends SchemaNode {
  /** `query limit`, `body/lines/*`. */
  readonly place: string
  readonly in: 'path' | 'query' | 'header' | 'cookie' | 'body' | 'reply'
}

/** So many values of one body or reply are looked at, the outermost first: every operation of a large document may reach all its schemas. */
const MOST = 300
/** Every rule asks again. */
const inputs = new WeakMap<ReadOperation, readonly SchemaPlace[]>()
const replies = new WeakMap<ReadOperation, readonly SchemaPlace[]>()

/** Every value that a caller sends. What is `readOnly` is not taken from callers. */
export function inputPlaces(operation: ReadOperation): readonly SchemaPlace[] {
  const known = inputs.get(operation)
  if (known) return known
  const found: SchemaPlace[] = []
  for (const { name, in: where, schema } of operation.parameters)
    found.push(...nodesAt(`${where} ${name}`, where, schema, isReadOnly, name))
  for (const schema of schemasOf(operation.body?.content ?? []))
    found.push(...nodesAt('body', 'body', schema, isReadOnly, null))
  inputs.set(operation, found)
  return found
}

/** Every value of a successful reply. What is `writeOnly` is not shown. */
export function replyPlaces(operation: ReadOperation): readonly SchemaPlace[] {
  const known = replies.get(operation)
  if (known) return known
  const content = successes(operation).flatMap((response) => response.content)
  const found = [...schemasOf(content)].flatMap((schema) => nodesAt('reply', 'reply', schema, isWriteOnly, null))
  replies.set(operation, found)
  return found
}

export const successes = ({ responses }: ReadOperation): ReadOperation['responses'] =>
  responses.filter(({ status }) => status.startsWith('2'))

/** Whether one of the statuses is declared, by itself or as `4XX`; `default` counts for every error. */
export const declares = ({ responses }: ReadOperation, ...wanted: readonly string[]): boolean =>
  responses.some(
    ({ status }) => status === 'default' || wanted.some((each) => each === status || `${each[0]}XX` === status),
  )

/** The first few, and how many more there are. */
export function several(all: readonly string[], most = 5): string {
  const distinct = [...new Set(all)]
  const rest = distinct.length - most
  if (rest <= 0) return distinct.join(', ')
  return `${distinct.slice(0, most).join(', ')} and ${rest} more`
}

function nodesAt(
  start: string,
  where: SchemaPlace['in'],
  schema: JsonSchema,
  skip: (node: JsonSchema) => boolean,
  rootName: string | null,
): SchemaPlace[] {
  const found: SchemaPlace[] = []
  for (const { node, at, name } of schemaNodes(schema, { most: MOST, skip }))
    found.push({ node, at, name: at === '' ? rootName : name, place: `${start}${at}`, in: where })
  return found
}

/** The same schema for several media types counts once. */
const schemasOf = (content: readonly ReadContent[]): ReadonlySet<JsonSchema> =>
  new Set(content.map(({ schema }) => schema))
const isReadOnly = (node: JsonSchema): boolean => node.readOnly === true
const isWriteOnly = (node: JsonSchema): boolean => node.writeOnly === true
