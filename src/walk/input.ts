import { after, type Eventually } from '../base/eventually.ts'
import { Refusal } from '../base/refusal.ts'
import type { Checks } from '../checks.ts'
import type { Endpoint } from '../contract/endpoint.ts'
import type { Principal } from '../contract/principal.ts'
import type { AnySchema, JsonSchema } from '../contract/schema.ts'
import type { Gate } from '../gate.ts'
import { decodeQuery, decodeText } from '../guards/decode.ts'
import { readBody } from '../guards/read-body.ts'
import { mediaTypeOf, parseStrictJson } from '../guards/strict-json.ts'
import type { CanonicalRequest } from '../guards/transport.ts'
import { uploadBody } from '../guards/upload-body.ts'
import { validate } from '../guards/validate.ts'
import type { Plan } from './plan.ts'

const MAX_JSON_DEPTH = 32
const NO_BYTES = new Uint8Array(0)

export interface Input {
  readonly params: Readonly<Record<string, unknown>>
  readonly query: unknown
  readonly body: unknown
  /** As sent, for the idempotency fingerprint. */
  readonly bytes: Uint8Array
  /** Key of an inbound webhook's delivery, to be taken once. */
  readonly delivery: string | null
}

/** Step 7: params, query and body, each decoded from its one spelling, bounded, and validated by its own schema. */
export function readInput(
  request: CanonicalRequest,
  found: Readonly<Record<string, string>>,
  plan: Plan,
  principal: Principal,
  gate: Gate,
): Eventually<Input> {
  const { checks } = gate
  return after(readParams(found, plan, checks), (params) =>
    after(readQuery(request, plan, checks), (query) =>
      after(readContent(request, plan, gate), ({ bytes, body, delivery }) => {
        checks.writableFields(plan.writeRules, body, principal, gate.clock.now())
        return { params, query, body, bytes, delivery }
      }),
    ),
  )
}

type Params = Readonly<Record<string, unknown>>

function readParams(found: Readonly<Record<string, string>>, plan: Plan, checks: Checks): Eventually<Params> {
  const params: Record<string, unknown> = {}
  const readFrom = (position: number): Eventually<Params> => {
    const param = plan.params[position]
    if (!param) return params
    return after(readParam(found[param.name] as string, param, checks), (value) => {
      params[param.name] = value
      return readFrom(position + 1)
    })
  }
  return readFrom(0)
}

function readParam(
  text: string,
  { name, json, schema, isId }: Plan['params'][number],
  checks: Checks,
): Eventually<unknown> {
  if (isId) return idOf(text, json, schema, name)
  return checks.schema(schema, decodeText(text, json, `/params/${name}`), `/params/${name}`)
}

/** An id in another form than the resource's is an object that never was; no store is asked for it. */
function idOf(text: string, json: JsonSchema, schema: AnySchema, name: string): Eventually<unknown> {
  const miss = (error: unknown): never => {
    if (!(error instanceof Refusal)) throw error
    throw new Refusal('not_found', { detail: `:${name} is not of the form of an id` })
  }
  try {
    const id = validate(schema, decodeText(text, json, `/params/${name}`), `/params/${name}`)
    return id instanceof Promise ? id.catch(miss) : id
  } catch (error) {
    return miss(error)
  }
}

function readQuery(request: CanonicalRequest, plan: Plan, checks: Checks): Eventually<unknown> {
  if (plan.query) return checks.schema(plan.query.schema, decodeQuery(request.query, plan.query.json), '/query')
  if (request.query !== '')
    throw new Refusal('invalid_input', {
      faults: [{ at: '/query', message: 'takes no query' }],
      detail: 'a query where none is declared',
    })
  return undefined
}

type Content = Pick<Input, 'bytes' | 'body' | 'delivery'>

const NO_CONTENT: Content = Object.freeze({ bytes: NO_BYTES, body: undefined, delivery: null })

function readContent(request: CanonicalRequest, plan: Plan, gate: Gate): Eventually<Content> {
  const { body } = plan.endpoint
  const takesNone = body === null || ('kind' in body && body.kind === 'nothing')
  return takesNone && request.body === null ? NO_CONTENT : readDeclaredContent(request, plan, gate)
}

async function readDeclaredContent(request: CanonicalRequest, plan: Plan, gate: Gate): Promise<Content> {
  const bytes = await readBytes(request, plan.endpoint, gate.checks)
  return { bytes, ...(await readBodyValue(request, bytes, plan, gate)) }
}

async function readBytes(request: CanonicalRequest, endpoint: Endpoint, checks: Checks): Promise<Uint8Array> {
  if (request.body === null) return NO_BYTES
  if (endpoint.body === null || ('kind' in endpoint.body && endpoint.body.kind === 'nothing')) {
    throw new Refusal('invalid_input', {
      faults: [{ at: '/body', message: 'takes no body' }],
      detail: 'a body where none is declared',
      headers: { connection: 'close' },
    })
  }
  const length = request.headers.get('content-length')
  const maxBytes =
    'kind' in endpoint.body && endpoint.body.kind === 'upload' ? endpoint.body.maxBytes : endpoint.limit.maxBytes
  return await readBody(request.body, {
    maxBytes: checks.bodySize(maxBytes),
    declaredLength: length === undefined ? null : Number(length),
    contentEncoding: request.headers.get('content-encoding'),
  })
}

async function readBodyValue(
  request: CanonicalRequest,
  bytes: Uint8Array,
  plan: Plan,
  gate: Gate,
): Promise<Pick<Input, 'body' | 'delivery'>> {
  const { body } = plan.endpoint
  if (body === null || ('kind' in body && body.kind === 'nothing')) return { body: undefined, delivery: null }
  const mediaType = mediaTypeOf(request.headers.get('content-type'))
  if ('kind' in body && body.kind === 'upload')
    return { body: uploadBody(body, mediaType?.type, bytes), delivery: null }
  if (mediaType?.type !== 'application/json' || (mediaType.charset !== null && mediaType.charset !== 'utf-8')) {
    throw new Refusal('unsupported_media_type', { headers: { accept: 'application/json' } })
  }
  const delivery =
    'kind' in body && body.kind === 'signed'
      ? gate.checks.signedBody(
          body,
          { headers: request.headers, bytes },
          gate.webhookSecret(body.sender),
          gate.clock.now(),
        )
      : null
  const value = parseStrictJson(bytes, { maxDepth: gate.checks.jsonDepth(MAX_JSON_DEPTH) })
  return { body: plan.body ? await gate.checks.schema(plan.body.schema, value, '/body') : undefined, delivery }
}
