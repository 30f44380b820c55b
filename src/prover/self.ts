import { isTenantWord, resourceInName, wordsOf } from './plan/names.ts'

type Properties = Readonly<Record<string, unknown>>

const IDS = ['id', '_id', 'userId', 'user_id', 'uuid', 'uid', 'sub', 'username']
const WRAPPERS = ['user', 'data', 'me', 'profile', 'account', 'attributes', 'item', 'result', 'customer', 'member']

/** The record of whoever asked, out of the reply of a login or of `GET /me`: the outermost object that holds an id. */
export function selfIn(json: unknown, depth = 0): Properties | null {
  if (typeof json !== 'object' || json === null || Array.isArray(json) || depth > 3) return null
  const properties = json as Properties
  const wrapped = WRAPPERS.filter((name) => Object.hasOwn(properties, name))
  for (const name of wrapped) {
    const found = selfIn(properties[name], depth + 1)
    if (found) return name === 'attributes' ? { ...found, ...properties } : found
  }
  return idOfSelf(properties) === null ? null : properties
}

/** Its id; a number as a text. */
export function idOfSelf(about: Properties | null): string | null {
  for (const name of IDS) {
    const value = about?.[name]
    if ((typeof value === 'string' && value !== '') || typeof value === 'number') return String(value)
  }
  return null
}

/** The id of its tenant: `tenantId`, `org.id`, `workspace`. */
export function tenantOfSelf(about: Properties | null): string | null {
  for (const [name, value] of Object.entries(about ?? {})) {
    const word = resourceInName(name)?.resource ?? wordsOf(name).join('')
    if (!isTenantWord(word) && !/^(company|account)$/.test(word)) continue
    const inner = typeof value === 'object' && value !== null ? (value as Properties).id : value
    if (typeof inner === 'string' || typeof inner === 'number') return String(inner)
  }
  return null
}
