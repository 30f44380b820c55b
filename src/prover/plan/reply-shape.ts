import type { ReadOperation } from '../../contract/from-openapi/document.ts'
import type { JsonSchema } from '../../contract/schema.ts'
import { isTenantWord, isUserWord, mayBeTenantWord, resourceInName, wordsOf } from './names.ts'
import { typeOf } from './schema-type.ts'

/** A schema within a reply, and where it stands: a JSON Pointer, `*` for each item of a list. */
export interface Placed {
  readonly at: string
  readonly schema: JsonSchema
}

const WRAPPER =
  /^(data|items?|results?|payload|response|record|records|object|body|value|entity|content|rows|list|docs)$/i
const BESIDE = /^(meta|links?|included|error|errors|pagination|paging|page)$/i

/** The first JSON schema of a success. */
export function replySchema({ responses }: ReadOperation): JsonSchema | null {
  for (const { status, content } of responses)
    if (status.startsWith('2') || status === 'default') {
      const found = content.find(({ mediaType }) => /json/.test(mediaType)) ?? content[0]
      if (found && Object.keys(found.schema).length > 0) return found.schema
    }
  return null
}

/** The schema itself, or the first of its alternatives that is an object or a list. */
export function solid(schema: JsonSchema): JsonSchema {
  if (schema.properties !== undefined || schema.items !== undefined) return schema
  const options = [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])]
  return options.find((each) => each.properties !== undefined || each.items !== undefined) ?? schema
}

/** The object that a reply is about, out of its envelope: `{ data: {…} }`, `{ user: {…} }`, `{ ok, item: {…} }`. */
export function objectIn(given: JsonSchema, resource: string, at = '', depth = 0): Placed {
  const schema = solid(given)
  const properties = Object.entries(schema.properties ?? {})
  const objects = properties.filter(([name, child]) => typeOf(solid(child)) === 'object' && !BESIDE.test(name))
  const named = objects.find(([name]) => wordsOf(name).join('') === resource.toLowerCase())
  // What is called as the resource is it, whatever stands beside it: `{ apiKey: {…}, key: 'once shown' }`.
  const isIt = properties.some(([name]) => /^_?id$/i.test(name)) || (!named && idOf(schema, resource, null) !== null)
  if (depth > 3 || isIt) return { at, schema }
  const wrapped =
    named ?? objects.find(([name]) => WRAPPER.test(name)) ?? (objects.length === 1 ? objects[0] : undefined)
  // One object beside several other fields is a part of the whole.
  if (!wrapped || (!named && !WRAPPER.test(wrapped[0]) && properties.length > 3)) return { at, schema }
  return objectIn(wrapped[1], resource, `${at}/${wrapped[0]}`, depth + 1)
}

/** The list of objects that a reply is or holds, at its items; null where there is none. */
export function listIn(given: JsonSchema, at = '', depth = 0): Placed | null {
  const schema = solid(given)
  if (typeOf(schema) === 'array') {
    const items = schema.items === undefined ? null : solid(schema.items)
    return items && (items.properties !== undefined || items.type === 'object')
      ? { at: `${at}/*`, schema: items }
      : null
  }
  if (depth > 2) return null
  const properties = Object.entries(schema.properties ?? {})
  const hasId = properties.some(([name]) => /^_?(id|uuid)$/i.test(name))
  for (const [name, child] of properties) {
    if (hasId || BESIDE.test(name)) continue
    if (typeOf(solid(child)) !== 'array' && !WRAPPER.test(name)) continue
    const found = listIn(child, `${at}/${name}`, depth + 1)
    if (found) return found
  }
  return null
}

/**
 * The field that holds an object's id: what the path asks for where the object has it, or the usual names.
 * @param parameter - Name of the path parameter.
 */
export function idOf(schema: JsonSchema, resource: string, parameter: string | null): string | null {
  const properties = schema.properties ?? {}
  const has = (name: string) => Object.hasOwn(properties, name)
  if (parameter !== null && has(parameter)) return parameter
  const own = Object.keys(properties).find(
    (name) => resourceInName(name)?.resource.toLowerCase() === resource.toLowerCase(),
  )
  return (
    ['id', '_id', 'ID', 'Id'].find(has) ??
    own ??
    ['uuid', 'guid', 'uid', 'slug', 'key', 'code', 'username', 'handle'].find(has) ??
    null
  )
}

/** Strongest first: whoever made a thing does not always own it. */
const OWNERS = [
  /^owner/,
  /^user/,
  /^(customer|patient|member|client|employee|person)/,
  /^(created|owned)/,
  /^(author|creator)/,
]

/** The field that says whose an object is, `userId` or `user/id`; null where no field does. */
export function ownerOf(schema: JsonSchema, resource: string, others: ReadonlySet<string>): string | null {
  const found = fieldsThatName(schema, resource, (word) => isUserWord(word) && (word === 'user' || !others.has(word)))
  const rank = ({ word }: NamedField) => OWNERS.findIndex((pattern) => pattern.test(word.toLowerCase()))
  return [...found].sort((one, other) => rank(one) - rank(other))[0]?.at ?? null
}

/** The field that says in which tenant an object is. */
export function tenantOf(schema: JsonSchema, resource: string, tenants: ReadonlySet<string>): string | null {
  const found = fieldsThatName(
    schema,
    resource,
    (word) =>
      isTenantWord(word) || tenants.has(word) || (mayBeTenantWord(word) && word !== 'account' && tenants.has(word)),
  )
  return found[0]?.at ?? null
}

interface NamedField {
  readonly word: string
  readonly at: string
}

function fieldsThatName(
  schema: JsonSchema,
  resource: string,
  wanted: (word: string) => boolean,
): readonly NamedField[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]): NamedField[] => {
    if (name === 'relationships' || name === 'attributes')
      return fieldsThatName(child, resource, wanted).map(({ word, at }) => ({ word, at: `${name}/${at}` }))
    const word =
      resourceInName(name)?.resource ??
      wordsOf(name)
        .map((each, index) => (index === 0 ? each : capital(each)))
        .join('')
    if (!wanted(word) || word === resource) return []
    const inner = solid(child)
    if (typeOf(inner) === 'array') return []
    if (inner.properties === undefined) return [{ word, at: name }]
    // JSON:API has `data` between.
    const nested = inner.properties.data?.properties ? 'data/' : ''
    const id = idOf(nested === '' ? inner : (inner.properties.data as JsonSchema), word, null)
    return id === null ? [] : [{ word, at: `${name}/${nested}${id}` }]
  })
}

const capital = (word: string): string => `${word[0]?.toUpperCase()}${word.slice(1)}`
