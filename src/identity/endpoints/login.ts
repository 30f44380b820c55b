import { z } from 'zod'
import { anyone } from '../../contract/access.ts'
import { type Endpoint, endpoint } from '../../contract/endpoint.ts'
import type { EndpointSettings } from './endpoint-settings.ts'
import { loginReply } from './session-reply.ts'

export function loginEndpoint({ prefix, limits }: EndpointSettings): Endpoint {
  return endpoint(`POST ${prefix}/auth/login`, {
    summary: 'Sign in with e-mail address and password',
    tags: ['identity'],
    body: z.strictObject({
      email: z.string().min(1).max(254),
      password: z.string().min(1).max(128),
      deviceToken: z.string().max(200).optional(),
    }),
    access: anyone('signing in is how one gets a credential'),
    limit: limits.login,
    reply: loginReply,
    handle: ({ body }, context) => context.identity.login(body, context),
  })
}
