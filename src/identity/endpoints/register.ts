import { z } from 'zod'
import { anyone } from '../../contract/access.ts'
import { type Endpoint, endpoint } from '../../contract/endpoint.ts'
import { plain } from '../../contract/reply.ts'
import type { AnySchema } from '../../contract/schema.ts'
import { accountFields } from '../account-fields.ts'
import { joinedSchema } from '../joined-schema.ts'
import type { Registration } from '../service.ts'
import type { EndpointSettings } from './endpoint-settings.ts'

const credentials = z.strictObject({ email: z.email().max(254), password: z.string().min(8).max(128) })

export function registerEndpoint({ prefix, limits }: EndpointSettings, profile: AnySchema): Endpoint {
  return endpoint(`POST ${prefix}/auth/register`, {
    summary: 'Register a user',
    tags: ['identity'],
    body: joinedSchema(profile, credentials) as AnySchema,
    access: anyone('whoever has no account yet makes one'),
    limit: limits.register,
    // The caller is still nobody, so the resource's own rule would show him nothing.
    reply: plain(
      joinedSchema(accountFields, profile) as AnySchema,
      'it is what the caller has just sent, with id, tenant and roles',
    ),
    status: 201,
    handle: ({ body }, context) => context.identity.register(body as Registration, context),
  })
}
