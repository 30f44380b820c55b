import { owns, signedIn } from '../../contract/access.ts'
import { type Endpoint, endpoint } from '../../contract/endpoint.ts'
import { nothing, page } from '../../contract/reply.ts'
import { sessionResource } from '../sessions-resource.ts'
import type { EndpointSettings } from './endpoint-settings.ts'

export function listSessionsEndpoint({ prefix, limits }: EndpointSettings): Endpoint {
  return endpoint(`GET ${prefix}/sessions`, {
    summary: 'List the sessions of the caller, newest first',
    tags: ['identity'],
    access: signedIn,
    limit: limits.sessions,
    reply: page(sessionResource.view),
    handle: async (_input, { identity, principal }) => ({
      items: [...(await identity.sessions.list(principal))],
      next: null,
    }),
  })
}

export function endSessionEndpoint({ prefix, limits }: EndpointSettings): Endpoint {
  return endpoint(`DELETE ${prefix}/sessions/:session`, {
    summary: 'End one session; its tokens are void at once',
    tags: ['identity'],
    params: { session: sessionResource },
    access: owns('session'),
    limit: limits.sessions,
    reply: nothing,
    handle: ({ session }, context) => context.identity.sessions.end(session.id, context),
  })
}

export function endOtherSessionsEndpoint({ prefix, limits }: EndpointSettings): Endpoint {
  return endpoint(`POST ${prefix}/auth/logout-others`, {
    summary: 'End all other sessions of the caller',
    tags: ['identity'],
    body: nothing,
    access: signedIn,
    limit: limits.sessions,
    reply: nothing,
    handle: (_input, context) => context.identity.sessions.endOthers(context),
  })
}
