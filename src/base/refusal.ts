/** Every way a request can be refused: code → status and title. Codes are stable; clients may branch on them. */
export const REFUSALS = {
  bad_request: { status: 400, title: 'The request is malformed' },
  ambiguous_framing: { status: 400, title: 'The request framing is ambiguous' },
  bad_path: { status: 400, title: 'The path is not in its canonical spelling' },
  bad_header: { status: 400, title: 'A header is malformed or repeated' },
  invalid_request: { status: 400, title: 'The credentials are malformed or sent twice' },
  invalid_input: { status: 400, title: 'The input does not match the contract' },
  bad_json: { status: 400, title: 'The body is not acceptable JSON' },
  idempotency_key_missing: { status: 400, title: 'An Idempotency-Key header is required' },
  unauthenticated: { status: 401, title: 'Authentication is required' },
  invalid_token: { status: 401, title: 'The access token is not valid' },
  invalid_credentials: { status: 401, title: 'The credentials are wrong' },
  step_up_required: { status: 401, title: 'A more recent or stronger authentication is required' },
  forbidden: { status: 403, title: 'The caller may not do this' },
  insufficient_scope: { status: 403, title: 'The credential lacks a scope' },
  origin_denied: { status: 403, title: 'The origin may not do this' },
  plain_http: { status: 403, title: 'Only HTTPS is served' },
  not_found: { status: 404, title: 'There is nothing here' },
  method_not_allowed: { status: 405, title: 'The method is not allowed here' },
  not_acceptable: { status: 406, title: 'No acceptable representation' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  conflict: { status: 409, title: 'The request conflicts with the present state' },
  idempotency_in_flight: { status: 409, title: 'The first request with this Idempotency-Key is still running' },
  gone: { status: 410, title: 'This version was retired' },
  too_large: { status: 413, title: 'The body is too large' },
  uri_too_long: { status: 414, title: 'The request target is too long' },
  unsupported_media_type: { status: 415, title: 'The content type is not supported' },
  expectation_failed: { status: 417, title: 'The expectation is not supported' },
  misdirected: { status: 421, title: 'This host is not served here' },
  idempotency_mismatch: { status: 422, title: 'The Idempotency-Key was used with another payload' },
  rate_limited: { status: 429, title: 'Too many requests' },
  locked: { status: 429, title: 'Too many failed attempts' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  reply_invalid: { status: 500, title: 'The server failed' },
  internal: { status: 500, title: 'The server failed' },
  not_implemented: { status: 501, title: 'The method is not implemented' },
  upstream_failed: { status: 502, title: 'An upstream service gave no usable answer' },
  outbound_denied: { status: 422, title: 'The address may not be called' },
  unavailable: { status: 503, title: 'The service cannot answer at the moment' },
  deadline_exceeded: { status: 504, title: 'The request took too long' },
} as const satisfies Record<string, { status: number; title: string }>

export type RefusalCode = keyof typeof REFUSALS

/** One place of the input that was refused. `at` is a JSON Pointer (RFC 6901) below body, query, params or headers. */
export interface InputFault {
  readonly at: string
  readonly message: string
}

export interface RefusalOptions {
  /** Why, for the audit log and the developer's terminal. Never sent. */
  readonly detail?: string
  /** Response headers that belong to this refusal, such as `retry-after` (seconds) or `allow`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Faults of the input that the caller may see. */
  readonly faults?: readonly InputFault[]
  /** For 401: the `error_description` of RFC 6750 section 3. */
  readonly description?: string
  readonly cause?: unknown
}

/** A request we will not serve. `code` goes to the caller; `detail` only to the audit log. */
export class Refusal extends Error {
  readonly code: RefusalCode
  readonly status: number
  readonly title: string
  readonly detail: string
  readonly headers: Readonly<Record<string, string>>
  readonly faults: readonly InputFault[]
  readonly description: string | undefined

  constructor(code: RefusalCode, options: RefusalOptions = {}) {
    super(options.detail ?? REFUSALS[code].title, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'Refusal'
    this.code = code
    this.status = REFUSALS[code].status
    this.title = REFUSALS[code].title
    this.detail = options.detail ?? ''
    this.headers = options.headers ?? {}
    this.faults = options.faults ?? []
    this.description = options.description
  }
}
