import { isPublic } from '../access.ts'
import type { Endpoint, Param } from '../endpoint.ts'
import { schemaOfReply } from '../reply.ts'
import { type JsonSchema, jsonSchemaOf } from '../schema.ts'
import type { OpenApiOperation } from '../to-openapi.ts'
import type { SchemaComponents } from './components.ts'
import { operationExtension } from './extension.ts'
import { problemResponses } from './problems.ts'

export function toOperation(endpoint: Endpoint, components: SchemaComponents, full: boolean): OpenApiOperation {
  const parameters = [
    ...endpoint.params.map((param) => pathParameter(param, components)),
    ...queryParameters(endpoint, components),
    ...headerParameters(endpoint),
  ]
  const body = requestBody(endpoint, components)
  return {
    operationId: operationId(endpoint),
    summary: endpoint.summary,
    ...(endpoint.description === '' ? {} : { description: endpoint.description }),
    ...(endpoint.tags.length === 0 ? {} : { tags: endpoint.tags }),
    ...(endpoint.lifecycle.deprecated ? { deprecated: true } : {}),
    ...(endpoint.lifecycle.link === undefined ? {} : { externalDocs: { url: endpoint.lifecycle.link } }),
    security: security(endpoint),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === null ? {} : { requestBody: body }),
    responses: { [String(endpoint.status)]: success(endpoint, components), ...problemResponses(endpoint) },
    ...(full ? { 'x-turnpike': operationExtension(endpoint) } : {}),
  }
}

/** `GET /v1/invoices/:invoice` → `getV1InvoicesByInvoice`. */
function operationId(endpoint: Endpoint): string {
  const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)
  const words = endpoint.segments.map((segment) => {
    if ('param' in segment) return `By${capital(segment.param)}`
    return segment.literal
      .split(/[^A-Za-z0-9]+/)
      .map(capital)
      .join('')
  })
  return endpoint.method.toLowerCase() + words.join('')
}

function security(endpoint: Endpoint): readonly Record<string, readonly string[]>[] {
  if (isPublic(endpoint.access.data)) return []
  return [{ accessToken: [] }, ...(endpoint.clients === null ? [] : [{ apiKey: [endpoint.clients] }])]
}

function pathParameter(param: Param, components: SchemaComponents) {
  const schema = param.resource
    ? components.idOf(param.resource)
    : param.schema
      ? components.embed(param.schema, 'input', param.name)
      : {}
  const of = param.within === null ? '' : ` of the ${param.within} before it`
  return {
    name: param.name,
    in: 'path',
    required: true,
    schema,
    ...(param.resource ? { description: `Id of the ${param.resource.name}${of}.` } : {}),
  }
}

function queryParameters(endpoint: Endpoint, components: SchemaComponents) {
  if (endpoint.query === null) return []
  const schema = components.embed(endpoint.query, 'input', `${operationId(endpoint)}.query`)
  return Object.entries(schema.properties ?? {}).map(([name, shape]) => {
    const { description, ...rest } = shape
    const required = schema.required?.includes(name) ?? false
    return {
      name,
      in: 'query',
      ...(required ? { required } : {}),
      ...(description === undefined ? {} : { description }),
      schema: rest,
    }
  })
}

function headerParameters(endpoint: Endpoint) {
  const found: unknown[] = []
  if (endpoint.idempotency !== 'none') {
    found.push({
      name: 'Idempotency-Key',
      in: 'header',
      ...(endpoint.idempotency === 'required' ? { required: true } : {}),
      description: 'A unique key: a repeated request with the same key and payload gets the stored reply.',
      schema: { type: 'string', minLength: 8, maxLength: 128, pattern: '^[A-Za-z0-9_-]+$' },
    })
  }
  const { body } = endpoint
  if (body !== null && 'kind' in body && body.kind === 'signed') {
    found.push({
      name: body.signatureHeader,
      in: 'header',
      required: true,
      description: 'Hex HMAC-SHA256 of `<unix seconds>.<raw body>`.',
      schema: { type: 'string', minLength: 64, maxLength: 64, pattern: '^[0-9a-f]{64}$' },
    })
    found.push({
      name: body.timestampHeader,
      in: 'header',
      required: true,
      description: `Unix seconds; at most ${body.toleranceSeconds} s off.`,
      schema: { type: 'string', maxLength: 12, pattern: '^[0-9]{1,12}$' },
    })
  }
  return found
}

function requestBody(endpoint: Endpoint, components: SchemaComponents) {
  const { body } = endpoint
  if (body === null || ('kind' in body && body.kind === 'nothing')) return null
  if ('kind' in body && body.kind === 'upload') {
    const content = body.types.map((type) => [
      type,
      { schema: { type: 'string', contentMediaType: type, maxLength: body.maxBytes } },
    ])
    return { required: true, content: Object.fromEntries(content) }
  }
  const schema = 'kind' in body && body.kind === 'signed' ? body.schema : body
  if (!('~standard' in schema)) return null
  return {
    required: true,
    content: { 'application/json': { schema: components.embed(schema, 'input', `${operationId(endpoint)}.body`) } },
  }
}

function success(endpoint: Endpoint, components: SchemaComponents) {
  const names = [
    'RateLimit',
    'RateLimit-Policy',
    ...(endpoint.lifecycle.deprecated ? ['Deprecation'] : []),
    ...(endpoint.lifecycle.sunset ? ['Sunset'] : []),
  ]
  const headers = Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))
  const { reply } = endpoint
  if ('kind' in reply && reply.kind === 'nothing') return { description: 'Done.', headers }
  if ('kind' in reply && reply.kind === 'stream')
    return { description: 'The content.', headers, content: { [reply.mediaType]: { schema: { type: 'string' } } } }
  const schema = schemaOfReply(reply)
  if (schema === null) return { description: 'Done.', headers }
  const embedded = components.embed(schema, 'output', `${operationId(endpoint)}.reply`)
  return {
    description: isPage(jsonSchemaOf(schema, 'output')) ? PAGE : 'The result.',
    headers,
    content: { 'application/json': { schema: embedded } },
  }
}

const PAGE = 'One page. `next` is the value of `after` for the next page, or null on the last one.'
const isPage = (schema: JsonSchema): boolean =>
  schema.properties?.items?.type === 'array' && schema.properties.next !== undefined
