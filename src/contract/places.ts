import { type AnyResource, resourceByUid } from './resource.ts'
import { type JsonSchema, resolveRef } from './schema.ts'

/** Where a value holds a row (`view`) or an id (`ref`) of a resource. */
export interface Place {
  readonly resource: AnyResource
  readonly value: unknown
  /** JSON Pointer. */
  readonly at: string
  /** Puts another value there. */
  readonly put: (value: unknown) => void
}

type Finder = (value: unknown, at: string, put: (value: unknown) => void, found: Place[]) => void

/** Compiles a schema into a function that lists every place of a keyword in a value. Null where the schema has none. */
export function compilePlaces(
  schema: JsonSchema,
  keyword: 'x-turnpike-view' | 'x-turnpike-ref',
): ((value: unknown) => Place[]) | null {
  const finder = compile(schema, schema, keyword, new Map())
  if (!finder) return null
  return (value) => {
    const found: Place[] = []
    const root = { value }
    finder(
      value,
      '',
      (replacement) => {
        root.value = replacement
      },
      found,
    )
    return found
  }
}

function compile(
  node: JsonSchema,
  root: JsonSchema,
  keyword: 'x-turnpike-view' | 'x-turnpike-ref',
  seen: Map<JsonSchema, { finder: Finder | null }>,
): Finder | null {
  const target = resolveRef(node, root)
  const known = seen.get(target)
  if (known) return (value, at, put, found) => known.finder?.(value, at, put, found)
  const slot: { finder: Finder | null } = { finder: null }
  seen.set(target, slot)
  slot.finder = build(target, root, keyword, seen)
  seen.delete(target)
  return slot.finder
}

function build(
  node: JsonSchema,
  root: JsonSchema,
  keyword: 'x-turnpike-view' | 'x-turnpike-ref',
  seen: Map<JsonSchema, { finder: Finder | null }>,
): Finder | null {
  if (node[keyword] !== undefined && node['x-turnpike-uid'] !== undefined) {
    const resource = resourceByUid(node['x-turnpike-uid'])
    return (value, at, put, found) => {
      if (value !== undefined && value !== null) found.push({ resource, value, at, put })
    }
  }
  const parts: Finder[] = []
  for (const [name, child] of Object.entries(node.properties ?? {})) {
    const inner = compile(child, root, keyword, seen)
    if (!inner) continue
    parts.push((value, at, _put, found) => {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return
      const holder = value as Record<string, unknown>
      inner(
        holder[name],
        `${at}/${name}`,
        (replacement) => {
          holder[name] = replacement
        },
        found,
      )
    })
  }
  const items = node.items ? compile(node.items, root, keyword, seen) : null
  if (items) {
    parts.push((value, at, _put, found) => {
      if (!Array.isArray(value)) return
      value.forEach((item, index) => {
        items(
          item,
          `${at}/${index}`,
          (replacement) => {
            value[index] = replacement
          },
          found,
        )
      })
    })
  }
  const values =
    typeof node.additionalProperties === 'object' ? compile(node.additionalProperties, root, keyword, seen) : null
  if (values) {
    parts.push((value, at, _put, found) => {
      if (typeof value !== 'object' || value === null) return
      const holder = value as Record<string, unknown>
      for (const name of Object.keys(holder)) {
        if (!Object.hasOwn(node.properties ?? {}, name))
          values(
            holder[name],
            `${at}/${name}`,
            (replacement) => {
              holder[name] = replacement
            },
            found,
          )
      }
    })
  }
  for (const branch of [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])]) {
    const inner = compile(branch, root, keyword, seen)
    if (inner) parts.push(inner)
  }
  if (parts.length === 0) return null
  if (parts.length === 1) return parts[0] as Finder
  return (value, at, put, found) => {
    for (const part of parts) part(value, at, put, found)
  }
}
