import { schemaOfBody } from '../contract/body.ts'
import type { Endpoint } from '../contract/endpoint.ts'
import { compilePlaces } from '../contract/places.ts'
import { compileProjection, type Project } from '../contract/projection.ts'
import { schemaOfReply } from '../contract/reply.ts'
import { type AnySchema, type JsonSchema, jsonSchemaOf } from '../contract/schema.ts'
import { decodeQuery } from '../guards/decode.ts'
import type { Outbound } from '../guards/outbound/outbound.ts'
import { type WriteRule, writeRulesOf } from '../guards/writable-fields.ts'

type Places = ReturnType<typeof compilePlaces>

/** Everything about an endpoint that can be worked out before the first request. */
export interface Plan {
  readonly endpoint: Endpoint
  readonly params: readonly {
    readonly name: string
    readonly json: JsonSchema
    readonly schema: AnySchema
    readonly isId: boolean
  }[]
  readonly query: { readonly json: JsonSchema; readonly schema: AnySchema; readonly references: Places } | null
  readonly body: { readonly schema: AnySchema; readonly references: Places } | null
  readonly writeRules: readonly WriteRule[]
  /** Null for streams and empty replies. */
  readonly project: Project | null
  readonly rows: Places
  readonly outbound: Outbound | null
  /** Of success, without parameters. Null for empty replies. */
  readonly mediaType: string | null
}

/** @throws {TypeError} When the endpoint cannot be served; the message names it. */
export function planOf(endpoint: Endpoint, openOutbound: (hosts: readonly string[] | 'public') => Outbound): Plan {
  const body = schemaOfBody(endpoint.body)
  const reply = schemaOfReply(endpoint.reply)
  const replyJson = reply && jsonSchemaOf(reply, 'output')
  const projection = replyJson && compileProjection(replyJson)
  if (projection && projection.faults.length > 0) {
    throw new TypeError(
      `${endpoint.id}: ${projection.faults.map(({ at, message }) => `reply${at}: ${message}`).join('; ')}`,
    )
  }
  // What a query cannot carry shows at start-up, not with the first request.
  if (endpoint.query) decodeQuery('', jsonSchemaOf(endpoint.query, 'input'))
  return Object.freeze({
    endpoint,
    params: endpoint.params.flatMap(({ name, resource, schema }) => {
      const read = resource?.ref ?? schema
      return read ? [{ name, json: jsonSchemaOf(read, 'input'), schema: read, isId: resource !== null }] : []
    }),
    query: endpoint.query && withReferences(endpoint.query),
    body: body && withReferences(body),
    writeRules: writeRulesOf(endpoint),
    project: projection?.project ?? null,
    rows: replyJson && compilePlaces(replyJson, 'x-turnpike-view'),
    outbound: endpoint.outbound && openOutbound(endpoint.outbound),
    mediaType: mediaTypeOf(endpoint),
  })
}

function mediaTypeOf({ reply }: Endpoint): string | null {
  if (!('kind' in reply) || reply.kind === 'plain') return 'application/json'
  return reply.kind === 'stream' ? (reply.mediaType.split(';', 1)[0] as string).trim() : null
}

function withReferences(schema: AnySchema) {
  const json = jsonSchemaOf(schema, 'input')
  return { json, schema, references: compilePlaces(json, 'x-turnpike-ref') }
}
