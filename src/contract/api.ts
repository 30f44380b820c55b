import { isPublic } from './access.ts'
import { schemaOfBody } from './body.ts'
import { deepFreeze } from './deep-freeze.ts'
import type { Endpoint } from './endpoint.ts'
import { schemaOfReply } from './reply.ts'
import { type AnyResource, resourceByUid } from './resource.ts'
import { type AnySchema, jsonSchemaOf, nodesOf } from './schema.ts'

export interface ApiConfig {
  readonly title: string
  /** Of the API, not of Turnpike. Default `1.0.0`. */
  readonly version?: string
  readonly description?: string
  readonly endpoints: readonly Endpoint[]
  /** Serve `/openapi.json` and `/docs` to everyone, without `x-turnpike`. The full document always needs the scope `inventory:read`. Default false. */
  readonly publicDocs?: boolean
}

/** The contract of an API. Inert: importing it opens nothing. Frozen through and through. */
export interface Api {
  readonly kind: 'api'
  readonly title: string
  readonly version: string
  readonly description: string
  readonly endpoints: readonly Endpoint[]
  readonly resources: readonly AnyResource[]
  readonly publicDocs: boolean
  readonly faults: readonly string[]
}

const KNOWN = ['title', 'version', 'description', 'endpoints', 'publicDocs']

/** Puts endpoints together. Faults (the same route twice, two resources of one name) are kept for `review`, which prints all at once. */
export function api(config: ApiConfig): Api {
  const faults: string[] = []
  for (const key of Object.keys(config))
    if (!KNOWN.includes(key)) faults.push(`unknown key "${key}"; an api takes ${KNOWN.join(', ')}`)
  const shapes = new Map<string, string>()
  for (const endpoint of config.endpoints) {
    const shape = `${endpoint.method} /${endpoint.segments.map((segment) => ('param' in segment ? ':' : segment.literal)).join('/')}`
    const other = shapes.get(shape)
    if (other !== undefined) faults.push(`"${endpoint.id}" and "${other}" are the same route`)
    shapes.set(shape, endpoint.id)
  }
  const resources = collectResources(config.endpoints)
  const names = new Map<string, number>()
  for (const each of resources) {
    const known = names.get(each.name)
    if (known !== undefined && known !== each.uid) faults.push(`two resources are called "${each.name}"`)
    names.set(each.name, each.uid)
  }
  return deepFreeze<Api>({
    kind: 'api',
    title: config.title,
    version: config.version ?? '1.0.0',
    description: config.description ?? '',
    endpoints: [...config.endpoints],
    resources,
    publicDocs: config.publicDocs ?? false,
    faults,
  })
}

/** Every resource that the endpoints name in a path, an input or a reply. */
function collectResources(endpoints: readonly Endpoint[]): readonly AnyResource[] {
  const found = new Map<number, AnyResource>()
  for (const endpoint of endpoints) {
    for (const param of endpoint.params) if (param.resource) found.set(param.resource.uid, param.resource)
    for (const each of resourcesIn(schemaOfReply(endpoint.reply), 'output')) found.set(each.uid, each)
    for (const schema of [endpoint.query, schemaOfBody(endpoint.body)])
      for (const each of resourcesIn(schema, 'input')) found.set(each.uid, each)
  }
  return [...found.values()]
}

/** The resources whose views or references a schema holds. A schema that JSON Schema cannot say has none; `review` names it. */
export function resourcesIn(schema: AnySchema | null, direction: 'input' | 'output'): readonly AnyResource[] {
  if (schema === null) return []
  try {
    const uids = [...nodesOf(jsonSchemaOf(schema, direction))].flatMap(({ node }) =>
      node['x-turnpike-uid'] === undefined ? [] : [node['x-turnpike-uid']],
    )
    return [...new Set(uids)].map(resourceByUid)
  } catch {
    return []
  }
}

export function isApi(value: unknown): value is Api {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'api'
}

/** Whether the endpoint can be called without a credential. */
export const isOpen = (endpoint: Endpoint): boolean => isPublic(endpoint.access.data)
