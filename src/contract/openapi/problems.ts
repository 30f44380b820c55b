import { REFUSALS } from '../../base/refusal.ts'
import { isPublic } from '../access.ts'
import type { Endpoint } from '../endpoint.ts'

type Code = keyof typeof REFUSALS

/** The ways this endpoint may refuse, by status. */
export function refusalsOf(endpoint: Endpoint): ReadonlyMap<number, readonly Code[]> {
  const open = isPublic(endpoint.access.data)
  const codes: Code[] = [
    'bad_request',
    'bad_header',
    'invalid_input',
    // A wrong credential is refused even where none is needed.
    'invalid_request',
    'invalid_token',
    'not_acceptable',
    'rate_limited',
    'internal',
    'unavailable',
    'deadline_exceeded',
  ]
  if (!open) codes.push('unauthenticated', 'forbidden')
  if (endpoint.clients !== null) codes.push('insufficient_scope')
  if (endpoint.method !== 'GET') codes.push('origin_denied', 'conflict')
  if (endpoint.params.length > 0) codes.push('bad_path', 'not_found')
  if (endpoint.body !== null) codes.push('bad_json', 'too_large', 'unsupported_media_type')
  if (endpoint.idempotency !== 'none') codes.push('idempotency_in_flight', 'idempotency_mismatch')
  if (endpoint.idempotency === 'required') codes.push('idempotency_key_missing')
  if (endpoint.flow?.stepUp) codes.push('step_up_required')
  if (endpoint.lifecycle.sunset) codes.push('gone')
  if (endpoint.outbound !== null) codes.push('upstream_failed', 'outbound_denied')
  const byStatus = new Map<number, Code[]>()
  for (const code of codes) {
    const { status } = REFUSALS[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return new Map([...byStatus].sort(([a], [b]) => a - b))
}

export function problemResponses(endpoint: Endpoint): Record<string, unknown> {
  return Object.fromEntries(
    [...refusalsOf(endpoint).keys()].map((status) => [status, { $ref: `#/components/responses/Problem${status}` }]),
  )
}

/** One response for each status, with every code it may carry, and the headers that replies share. */
export function problemComponents(): { responses: Record<string, unknown>; headers: Record<string, unknown> } {
  const statuses = [...new Set(Object.values(REFUSALS).map(({ status }) => status))].sort((a, b) => a - b)
  const responses = statuses.map((status) => {
    const codes = Object.entries(REFUSALS).filter(([, refusal]) => refusal.status === status)
    const headers = HEADERS_BY_STATUS[status] ?? []
    return [
      `Problem${status}`,
      {
        description: codes.map(([code, { title }]) => `\`${code}\`: ${title}.`).join(' '),
        ...(headers.length === 0
          ? {}
          : { headers: Object.fromEntries(headers.map((name) => [name, { $ref: `#/components/headers/${name}` }])) }),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]
  })
  return { responses: Object.fromEntries(responses), headers: HEADERS }
}

const HEADERS_BY_STATUS: Readonly<Record<number, readonly string[]>> = {
  401: ['WWW-Authenticate'],
  403: ['WWW-Authenticate'],
  429: ['RateLimit', 'RateLimit-Policy', 'Retry-After'],
  503: ['Retry-After'],
}

const text = (description: string) => ({ description, schema: { type: 'string', maxLength: 1000 } })
const HEADERS = {
  RateLimit: text(
    'What is left of the budget, and the seconds until it refills: `"user";r=50;t=30` (structured field).',
  ),
  'RateLimit-Policy': text('The budgets that count here: `"user";q=100;w=60` (structured field).'),
  'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer', minimum: 0 } },
  'WWW-Authenticate': text('The challenge (RFC 6750 section 3).'),
  Deprecation: text('When the endpoint was deprecated: `@<unix seconds>` (RFC 9745).'),
  Sunset: text('When the endpoint ends, as an HTTP date (RFC 8594). It answers 410 afterwards.'),
}
