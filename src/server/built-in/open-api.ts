import { anyone, scope } from '../../contract/access.ts'
import type { Api } from '../../contract/api.ts'
import { type Endpoint, endpoint } from '../../contract/endpoint.ts'
import { stream } from '../../contract/reply.ts'
import { type OpenApiDocument, toOpenApi } from '../../contract/to-openapi.ts'

/** Whoever may see the whole inventory. A scope and no role: an admin of one tenant is not the operator of the API. */
export const INVENTORY_SCOPE = 'inventory:read'

/** `/openapi.json` for everyone, where the API says so: what a client must know, without rules and limits. */
export function publicOpenApi(api: Api): Endpoint {
  const text = JSON.stringify(toOpenApi(api))
  return endpoint('GET /openapi.json', {
    summary: 'The contract as OpenAPI 3.1',
    tags: ['server'],
    access: anyone('the API publishes its documentation'),
    limit: '60/minute',
    reply: stream('application/json; charset=utf-8', 'the contract holds no data of anybody'),
    handle: () => text,
  })
}

/**
 * The whole contract with `x-turnpike`, for `prove`, `diff` and auditors: the server's own endpoints are part of the inventory (OWASP API9).
 * @param builtIn - Called at the first request: this endpoint is one of them.
 */
export function fullOpenApi(api: Api, builtIn: () => readonly Endpoint[]): Endpoint {
  let text: string | null = null
  return endpoint('GET /.well-known/turnpike/openapi.json', {
    summary: 'The whole contract as OpenAPI 3.1, with access rules, limits and flows',
    tags: ['server'],
    access: scope(INVENTORY_SCOPE),
    clients: INVENTORY_SCOPE,
    limit: '60/minute',
    reply: stream('application/json; charset=utf-8', 'the contract holds no data of anybody'),
    handle: () => (text ??= JSON.stringify(wholeInventory(api, builtIn()))),
  })
}

/** The contract with the server's own endpoints beside its own. */
export const wholeInventory = (api: Api, builtIn: readonly Endpoint[]): OpenApiDocument =>
  toOpenApi({ ...api, endpoints: [...api.endpoints, ...builtIn] }, { full: true })
