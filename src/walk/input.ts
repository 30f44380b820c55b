import { Refusal } from '../base/refusal.ts'
import type { Checks } from '../checks.ts'
import type { Endpoint } from '../contract/endpoint.ts'
import type { Principal } from '../contract/principal.ts'
import type { AnySchema, JsonSchema } from '../contract/schema.ts'
import { decodeQuery, decodeText } from '../guards/decode.ts'
import { readBody } from '../guards/read-body.ts'
import { signedBody } from '../guards/signed-body.ts'
import { mediaTypeOf, parseStrictJson } from '../guards/strict-json.ts'
import type { CanonicalRequest } from '../guards/transport.ts'
import { uploadBody } from '../guards/upload-body.ts'
import { validate } from '../guards/validate.ts'
import type { Gate } from '../gate.ts'
import type { Plan } from './plan.ts'

const MAX_JSON_DEPTH = 32
const NO_BYTES = new Uint8Array(0)

export interface Input {
  readonly params: Readonly<Record<string, unknown>>
  readonly query: unknown
  readonly body: unknown
  /** As sent, for the idempotency fingerprint. */
  readonly bytes: Uint8Array
  /** An inbound webhook's right to be taken once. */
  readonly delivery: { readonly key: string; readonly holder: string } | null
}

/** Step 7: params, query and body, each decoded from its one spelling, bounded, and validated by its own schema. */
export async function readInput(
  request: CanonicalRequest,
  found: Readonly<Record<string, string>>,
  plan: Plan,
  principal: Principal,
  gate: Gate,
): Promise<Input> {
  const { endpoint } = plan
  const { checks } = gate
  const params = await readParams(found, plan, checks)
  const query = plan.query ? await checks.schema(plan.query.schema, decodeQuery(request.query, plan.query.json), '/query') : undefined
  if (!plan.query && request.query !== '') throw new Refusal('invalid_input', { faults: [{ at: '/query', message: 'takes no query' }], detail: 'a query where none is declared' })
  const bytes = await readBytes(request, endpoint, checks)
  const { body, delivery } = await readBodyValue(request, bytes, plan, gate)
  checks.writableFields(plan.writeRules, body, principal, gate.clock.now())
  return { params, query, body, bytes, delivery }
}

async function readParams(found: Readonly<Record<string, string>>, plan: Plan, checks: Checks): Promise<Readonly<Record<string, unknown>>> {
  const params: Record<string, unknown> = {}
  for (const { name, json, schema, isId } of plan.params) {
    const text = found[name] as string
    if (isId) params[name] = await idOf(text, json, schema, name)
    else params[name] = await checks.schema(schema, decodeText(text, json, `/params/${name}`), `/params/${name}`)
  }
  return params
}

/** An id in another form than the resource's is an object that never was; no store is asked for it. */
async function idOf(text: string, json: JsonSchema, schema: AnySchema, name: string): Promise<unknown> {
  try {
    return await validate(schema, decodeText(text, json, `/params/${name}`), `/params/${name}`)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    throw new Refusal('not_found', { detail: `:${name} is not of the form of an id` })
  }
}

async function readBytes(request: CanonicalRequest, endpoint: Endpoint, checks: Checks): Promise<Uint8Array> {
  if (request.body === null) return NO_BYTES
  if (endpoint.body === null || ('kind' in endpoint.body && endpoint.body.kind === 'nothing')) {
    throw new Refusal('invalid_input', { faults: [{ at: '/body', message: 'takes no body' }], detail: 'a body where none is declared', headers: { connection: 'close' } })
  }
  const length = request.headers.get('content-length')
  const maxBytes = 'kind' in endpoint.body && endpoint.body.kind === 'upload' ? endpoint.body.maxBytes : endpoint.limit.maxBytes
  return await readBody(request.body, {
    maxBytes: checks.bodySize(maxBytes),
    declaredLength: length === undefined ? null : Number(length),
    contentEncoding: request.headers.get('content-encoding'),
  })
}

async function readBodyValue(request: CanonicalRequest, bytes: Uint8Array, plan: Plan, gate: Gate): Promise<Pick<Input, 'body' | 'delivery'>> {
  const { body } = plan.endpoint
  if (body === null || ('kind' in body && body.kind === 'nothing')) return { body: undefined, delivery: null }
  const mediaType = mediaTypeOf(request.headers.get('content-type'))
  if ('kind' in body && body.kind === 'upload') return { body: uploadBody(body, mediaType?.type, bytes), delivery: null }
  if (mediaType?.type !== 'application/json' || (mediaType.charset !== null && mediaType.charset !== 'utf-8')) {
    throw new Refusal('unsupported_media_type', { headers: { accept: 'application/json' } })
  }
  const delivery = 'kind' in body && body.kind === 'signed' ? await signedBody(body, { headers: request.headers, bytes }, gate.webhookSecret(body.sender), gate.state.claims, gate.clock.now()) : null
  const value = parseStrictJson(bytes, { maxDepth: gate.checks.jsonDepth(MAX_JSON_DEPTH) })
  return { body: plan.body ? await gate.checks.schema(plan.body.schema, value, '/body') : undefined, delivery }
}
