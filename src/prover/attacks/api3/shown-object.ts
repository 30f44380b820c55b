import type { Thing } from '../../world.ts'

export type Shown = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Shown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The object of this id in a reply, whatever it is wrapped in; null where it is not shown. */
export function shownThing(json: unknown, { id, resource }: Pick<Thing, 'id' | 'resource'>, depth = 0): Shown | null {
  if (typeof json !== 'object' || json === null || depth > 5) return null
  if (isObject(json) && [json[resource.id], json.id, json._id].some((each) => scalar(each) === id)) return json
  for (const value of Object.values(json)) {
    const found = shownThing(value, { id, resource }, depth + 1)
    if (found) return found
  }
  return null
}

/** What a reply about one thing shows, without its envelope. */
export function shownWhole(json: unknown, depth = 0): Shown | null {
  if (!isObject(json)) return null
  const children = Object.values(json).filter(isObject)
  const [only] = children
  return only !== undefined && children.length === 1 && Object.keys(json).length <= 3 && !('id' in json) && depth < 3
    ? shownWhole(only, depth + 1)
    : json
}

const scalar = (value: unknown): string | null =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : null
