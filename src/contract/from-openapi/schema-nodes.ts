import type { JsonSchema } from '../schema.ts'

export interface SchemaNode {
  readonly node: JsonSchema
  /** `/lines/*` + `/total`: names of properties, `*` for members of lists and records. */
  readonly at: string
  /** The name of the property that it is; null for the root, members and alternatives. */
  readonly name: string | null
}

export interface SchemaWalk {
  /** At most so many nodes: a document whose every operation reaches all its schemas stays readable in time. */
  readonly most?: number
  /** Leaves out a node and all that is below it. */
  readonly skip?: (node: JsonSchema) => boolean
}

/** Every node of a read schema, nearest first and each once, so that circles and depth cost nothing. */
export function* schemaNodes(root: JsonSchema, { most = 1000, skip }: SchemaWalk = {}): Generator<SchemaNode> {
  const seen = new Set<JsonSchema>([root])
  const waiting: SchemaNode[] = [{ node: root, at: '', name: null }]
  const add = (node: JsonSchema | boolean | undefined, at: string, name: string | null) => {
    if (typeof node !== 'object' || seen.has(node) || waiting.length >= most || skip?.(node)) return
    seen.add(node)
    waiting.push({ node, at, name })
  }
  for (let index = 0; index < waiting.length; index++) {
    const next = waiting[index] as SchemaNode
    yield next
    const { node, at, name: own } = next
    for (const [name, child] of Object.entries(node.properties ?? {})) add(child, `${at}/${name}`, name)
    add(node.items, `${at}/*`, null)
    add(node.additionalProperties, `${at}/*`, null)
    for (const child of Object.values((node.patternProperties ?? {}) as Record<string, JsonSchema>))
      add(child, `${at}/*`, null)
    for (const child of node.prefixItems ?? []) add(child, `${at}/*`, null)
    for (const group of [node.anyOf, node.oneOf, node.allOf]) for (const child of group ?? []) add(child, at, own)
  }
}
