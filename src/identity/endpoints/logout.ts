import { signedIn } from '../../contract/access.ts'
import { type Endpoint, endpoint } from '../../contract/endpoint.ts'
import { nothing } from '../../contract/reply.ts'
import type { EndpointSettings } from './endpoint-settings.ts'

export function logoutEndpoint({ prefix, limits }: EndpointSettings): Endpoint {
  return endpoint(`POST ${prefix}/auth/logout`, {
    summary: 'End this session',
    tags: ['identity'],
    body: nothing,
    access: signedIn,
    limit: limits.logout,
    headers: { clearSiteData: true },
    reply: nothing,
    handle: (_input, context) => context.identity.logout(context),
  })
}

export function logoutEverywhereEndpoint({ prefix, limits }: EndpointSettings): Endpoint {
  return endpoint(`POST ${prefix}/auth/logout-everywhere`, {
    summary: 'End all sessions of the caller',
    tags: ['identity'],
    body: nothing,
    access: signedIn,
    limit: limits.logout,
    headers: { clearSiteData: true },
    reply: nothing,
    handle: (_input, context) => context.identity.logoutEverywhere(context),
  })
}
