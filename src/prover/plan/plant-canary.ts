import type { JsonSchema } from '../../contract/schema.ts'
import { at, withAt } from '../pointer.ts'
import { regexpOf } from './document-pattern.ts'
import { typeOf } from './schema-type.ts'

const LIKELY =
  /^(title|subject|note|notes|description|text|comment|message|body|content|remark|label|reason|name|summary)$/i

/** Where a body has a free text with room for the canary, the likeliest place first. */
export function canaryPlaces(schema: JsonSchema, canary: string): readonly string[] {
  const found = [...textPlaces(schema, canary, '', 0, new Set())]
  const rank = ({ name }: { name: string }) => (LIKELY.test(name) ? 0 : 1)
  return found.sort((one, other) => rank(one) - rank(other)).map(({ pointer }) => pointer)
}

/** The body with the canary planted; null where no text has room for it. */
export function plantCanary(body: unknown, schema: JsonSchema, canary: string): { body: unknown; at: string } | null {
  const [place] = canaryPlaces(schema, canary).filter((each) => parentIsThere(body, each))
  return place === undefined ? null : { body: withAt(body, place, canary), at: place }
}

const parentIsThere = (body: unknown, pointer: string): boolean => {
  const parent = at(body, pointer.slice(0, pointer.lastIndexOf('/')))
  return typeof parent === 'object' && parent !== null
}

function* textPlaces(
  schema: JsonSchema,
  canary: string,
  pointer: string,
  depth: number,
  seen: Set<JsonSchema>,
): Generator<{ pointer: string; name: string }> {
  if (depth > 4 || seen.has(schema)) return
  seen.add(schema)
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (property.readOnly === true) continue
    const place = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    if (typeOf(property) === 'object') yield* textPlaces(property, canary, place, depth + 1, seen)
    else if (typeOf(property) === 'array' && property.items)
      yield* textPlaces(property.items, canary, `${place}/0`, depth + 1, seen)
    else if (typeOf(property) === 'string' && hasRoom(property, name, canary)) yield { pointer: place, name }
  }
}

function hasRoom(schema: JsonSchema, name: string, canary: string): boolean {
  if (schema.format !== undefined || schema.enum !== undefined || schema.const !== undefined) return false
  if (
    /(^|_)ids?$|Ids?$|password|token|secret|e?mail|phone|url|uri|currency|country|status|type|kind|date|time|slug|code/i.test(
      name,
    )
  )
    return false
  if (schema.maxLength !== undefined && schema.maxLength < canary.length) return false
  if (schema.minLength !== undefined && schema.minLength > canary.length) return false
  return schema.pattern === undefined || regexpOf(schema.pattern)?.test(canary) === true
}
