import { z } from 'zod'
import { anyone } from '../../contract/access.ts'
import { type Endpoint, endpoint } from '../../contract/endpoint.ts'
import type { EndpointSettings } from './endpoint-settings.ts'
import { sessionReply } from './session-reply.ts'

export function refreshEndpoint({ prefix, limits }: EndpointSettings): Endpoint {
  return endpoint(`POST ${prefix}/auth/refresh`, {
    summary: 'Exchange a refresh token for its successor and a new access token',
    tags: ['identity'],
    body: z.strictObject({ refreshToken: z.string().min(1).max(100) }),
    access: anyone('the refresh token in the body is the credential'),
    limit: limits.refresh,
    reply: sessionReply,
    handle: ({ body }, context) => context.identity.refresh(body.refreshToken, context),
  })
}
