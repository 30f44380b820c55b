import { signedIn } from '../../contract/access.ts'
import { type Endpoint, endpoint } from '../../contract/endpoint.ts'
import type { AnyResource } from '../../contract/resource.ts'
import type { EndpointSettings } from './endpoint-settings.ts'

export function meEndpoint({ prefix, limits }: EndpointSettings, users: AnyResource): Endpoint {
  return endpoint(`GET ${prefix}/me`, {
    summary: 'Read the user who is signed in',
    tags: ['identity'],
    access: signedIn,
    limit: limits.me,
    reply: users.view,
    handle: (_input, context) => context.identity.me(context),
  })
}
