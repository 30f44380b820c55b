import { z } from 'zod'
import { owns, signedIn } from '../../contract/access.ts'
import { type Endpoint, endpoint } from '../../contract/endpoint.ts'
import { nothing, page, pageQuery } from '../../contract/reply.ts'
import { scopeName } from '../api-key-fields.ts'
import { apiKeyResource } from '../api-keys-resource.ts'
import type { EndpointSettings } from './endpoint-settings.ts'

export function createApiKeyEndpoint({ prefix, limits }: EndpointSettings): Endpoint {
  return endpoint(`POST ${prefix}/api-keys`, {
    summary: 'Make an API key',
    description: 'The key is shown in this reply and never again.',
    tags: ['identity'],
    body: z.strictObject({
      name: z.string().trim().min(1).max(80),
      scopes: z.array(scopeName).max(32),
      expiresInDays: z.int().min(1).max(3650).default(90),
    }),
    access: signedIn,
    limit: limits.apiKeys,
    reply: z.strictObject({ apiKey: apiKeyResource.view, key: z.string().max(100) }),
    status: 201,
    handle: ({ body }, context) => context.identity.apiKeys.create(body, context),
  })
}

export function listApiKeysEndpoint({ prefix, limits }: EndpointSettings): Endpoint {
  return endpoint(`GET ${prefix}/api-keys`, {
    summary: 'List the API keys of the caller',
    tags: ['identity'],
    query: pageQuery(
      z
        .string()
        .regex(/^[0-9A-Za-z]{22}$/)
        .max(22),
    ),
    access: signedIn,
    limit: limits.apiKeys,
    reply: page(apiKeyResource.view),
    handle: ({ query }, { identity, principal }) =>
      identity.apiKeys.list({ after: query.after ?? null, limit: query.limit }, principal),
  })
}

export function revokeApiKeyEndpoint({ prefix, limits }: EndpointSettings): Endpoint {
  return endpoint(`DELETE ${prefix}/api-keys/:apiKey`, {
    summary: 'Revoke an API key',
    tags: ['identity'],
    params: { apiKey: apiKeyResource },
    access: owns('apiKey'),
    limit: limits.apiKeys,
    reply: nothing,
    handle: ({ apiKey }, context) => context.identity.apiKeys.revoke(apiKey.id, context),
  })
}
