import { isPublic } from './access.ts'
import type { Api } from './api.ts'
import { SchemaComponents } from './openapi/components.ts'
import { documentExtension, type XTurnpikeDocument } from './openapi/extension.ts'
import { toOperation } from './openapi/operation.ts'
import { problemComponents } from './openapi/problems.ts'
import type { JsonSchema } from './schema.ts'

/** An OpenAPI 3.1 document, as far as Turnpike writes one. Plain JSON. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0'
  readonly info: { readonly title: string; readonly version: string; readonly description?: string }
  readonly servers?: readonly { readonly url: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>
    readonly responses: Readonly<Record<string, unknown>>
    readonly headers: Readonly<Record<string, unknown>>
    readonly securitySchemes: Readonly<Record<string, unknown>>
  }
  readonly 'x-turnpike'?: XTurnpikeDocument
}

export interface OpenApiOperation {
  readonly operationId: string
  readonly summary: string
  readonly responses: Readonly<Record<string, unknown>>
  readonly [key: string]: unknown
}

export interface OpenApiOptions {
  /** Adds `x-turnpike`: access rules, limits, flows, the map of resources. Without it the document says only what a client must know. */
  readonly full?: boolean
  /** Base URLs. The base URL is never learned from a request. */
  readonly servers?: readonly string[]
}

/**
 * Exports a contract as OpenAPI 3.1. Functions stay behind: relations, rules in code and own masks appear by name.
 * @throws {TypeError} When a schema cannot be said in JSON Schema; `review` names the field.
 */
export function toOpenApi(api: Api, options: OpenApiOptions = {}): OpenApiDocument {
  const full = options.full ?? false
  const components = new SchemaComponents(full)
  if (full) for (const resource of api.resources) components.view(resource)
  const paths: Record<string, Record<string, OpenApiOperation>> = {}
  for (const endpoint of api.endpoints) {
    const path = endpoint.path.replaceAll(/:([A-Za-z0-9]+)/g, '{$1}')
    const operations = paths[path] ?? {}
    operations[endpoint.method.toLowerCase()] = toOperation(endpoint, components, full)
    paths[path] = operations
  }
  return {
    openapi: '3.1.0',
    info: {
      title: api.title,
      version: api.version,
      ...(api.description === '' ? {} : { description: api.description }),
    },
    ...(options.servers === undefined ? {} : { servers: options.servers.map((url) => ({ url })) }),
    paths,
    components: { schemas: components.all(), ...problemComponents(), securitySchemes: securitySchemes(api) },
    ...(full ? { 'x-turnpike': documentExtension(api) } : {}),
  }
}

function securitySchemes(api: Api): Record<string, unknown> {
  const closed = api.endpoints.some((endpoint) => !isPublic(endpoint.access.data))
  const clients = api.endpoints.some((endpoint) => endpoint.clients !== null)
  return {
    ...(closed
      ? {
          accessToken: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description:
              'A short-lived access token (RFC 9068, checked as RFC 8725 asks), in the Authorization header only.',
          },
        }
      : {}),
    ...(clients
      ? {
          apiKey: {
            type: 'http',
            scheme: 'bearer',
            description: 'An API key (`tp_…`), in the Authorization header only.',
          },
        }
      : {}),
  }
}
