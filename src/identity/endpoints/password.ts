import { z } from 'zod'
import { signedIn } from '../../contract/access.ts'
import { type Endpoint, endpoint } from '../../contract/endpoint.ts'
import { nothing } from '../../contract/reply.ts'
import type { EndpointSettings } from './endpoint-settings.ts'

const password = z.string().min(1).max(128)

export function changePasswordEndpoint({ prefix, limits }: EndpointSettings): Endpoint {
  return endpoint(`POST ${prefix}/me/password`, {
    summary: 'Change the password; all other sessions end',
    tags: ['identity'],
    body: z.strictObject({ currentPassword: password, newPassword: password }),
    access: signedIn,
    limit: limits.password,
    reply: nothing,
    handle: ({ body }, context) => context.identity.changePassword(body, context),
  })
}
