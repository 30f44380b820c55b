import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline as pump } from 'node:stream/promises'
import type { TLSSocket } from 'node:tls'
import { after, type Eventually } from '../base/eventually.ts'
import { Refusal } from '../base/refusal.ts'
import type { Gate } from '../gate.ts'
import { RequestSignal } from '../guards/deadline.ts'
import type { RawRequest } from '../guards/transport.ts'
import { serveRequest } from '../pipeline.ts'
import type { Reply } from '../walk/reply.ts'
import { HEALTH_PATH } from './built-in/health.ts'
import type { Exchanges } from './exchanges.ts'
import { hostProblem } from './host-problem.ts'
import type { LoadShed } from './load-shed.ts'
import { bodyWasEaten, RequestBody } from './request-body.ts'

/** The way into the pipeline, the same for every host. */
export interface Door {
  readonly gate: Gate
  readonly exchanges: Exchanges
  /** Null where nobody watches the load. */
  readonly shed: LoadShed | null
  /** Whether another framework stands before us: what it wrote into the answer is not part of the contract. */
  readonly mounted: boolean
}

/** Answers one request. Never throws, never rejects. */
export async function answer(request: IncomingMessage, response: ServerResponse, door: Door): Promise<void> {
  const signal = new RequestSignal()
  const onEnd = () => {
    if (!response.writableFinished) signal.abort(new Refusal('bad_request', { detail: 'the client left' }))
  }
  door.exchanges.enter({ request, response, onEnd })
  const body = new RequestBody(request, response)
  try {
    if (door.mounted) forgetForeignHeaders(response)
    const sent = send(await replyTo(request, body, signal, door), request, response, body, door.exchanges.closing)
    if (sent instanceof Promise) await sent
  } catch (error) {
    // The pipeline itself never throws: this is the last-resort handler (ASVS 16.5.4).
    const problem = hostProblem(new Refusal('internal'), door.gate, isTls(request))
    door.gate.log.error(
      { requestId: problem.requestId, error: error instanceof Error ? error.stack : String(error) },
      'the host failed',
    )
    if (response.headersSent) response.destroy()
    else await sendLast(problem.reply, request, response, body)
  }
}

async function sendLast(
  reply: Reply,
  request: IncomingMessage,
  response: ServerResponse,
  body: RequestBody,
): Promise<void> {
  try {
    await send(reply, request, response, body, true)
  } catch {
    response.destroy()
  }
}

function replyTo(
  request: IncomingMessage,
  body: RequestBody,
  signal: RequestSignal,
  { gate, exchanges, shed }: Door,
): Eventually<Reply> {
  const overload = shed === null || asksForHealth(request) ? null : shed.reason(exchanges.count)
  if (shed !== null && overload !== null) {
    shed.count(overload)
    const refusal = new Refusal('unavailable', {
      detail: overload,
      headers: { 'retry-after': String(shed.retryAfterSeconds) },
    })
    return hostProblem(refusal, gate, isTls(request)).reply
  }
  if (bodyWasEaten(request)) {
    throw new TypeError(
      'the request body was read before Turnpike could check it; mount Turnpike before express.json() and other body parsers',
    )
  }
  return serveRequest(rawRequest(request, body), gate, signal)
}

function rawRequest(request: IncomingMessage, body: RequestBody): RawRequest {
  return {
    method: request.method ?? '',
    rawTarget: originalTarget(request),
    rawHeaders: request.rawHeaders,
    httpVersion: request.httpVersion,
    peer: request.socket.remoteAddress ?? '',
    tls: isTls(request),
    body,
  }
}

/** What the client sent: Express cuts the mount path from `url`, Fastify rewrites it, and the policy must see neither. */
function originalTarget(request: IncomingMessage & { readonly originalUrl?: string }): string {
  return request.originalUrl ?? request.url ?? ''
}

function asksForHealth(request: IncomingMessage): boolean {
  return originalTarget(request) === HEALTH_PATH && (request.method === 'GET' || request.method === 'HEAD')
}

const isTls = (request: IncomingMessage): boolean => (request.socket as TLSSocket).encrypted === true

/** Names of the software, and origins that another policy allowed. */
function forgetForeignHeaders(response: ServerResponse): void {
  for (const name of response.getHeaderNames()) {
    if (name === 'x-powered-by' || name === 'server' || name.startsWith('access-control-')) response.removeHeader(name)
  }
}

function send(
  reply: Reply,
  request: IncomingMessage,
  response: ServerResponse,
  body: RequestBody,
  last: boolean,
): Eventually<void> {
  return after(request.complete || body.arrived(), (arrived) =>
    write(reply, request, response, arrived ? null : body, last),
  )
}

function write(
  reply: Reply,
  request: IncomingMessage,
  response: ServerResponse,
  unread: RequestBody | null,
  last: boolean,
): Eventually<void> {
  if (response.destroyed) return undefined
  const content = reply.body
  const whole = content === null || typeof content === 'string' || content instanceof Uint8Array
  // A list of names and values: the form that node:http writes without looking anything up.
  const lines: string[] = []
  for (const name of Object.keys(reply.headers)) lines.push(name, reply.headers[name] as string)
  if ((unread || last) && reply.headers.connection === undefined) lines.push('connection', 'close')
  if (whole && reply.status !== 204) {
    lines.push('content-length', String(content === null ? 0 : Buffer.byteLength(content)))
  }
  response.writeHead(reply.status, lines)
  if (request.method === 'HEAD' || content === null) return end(null, response, unread)
  if (whole) return end(content, response, unread)
  return pump(Readable.from(content, { objectMode: false }), response)
}

/** The client has the whole answer by its length; the connection ends after what it still sends was taken in. */
function end(
  content: string | Uint8Array | null,
  response: ServerResponse,
  unread: RequestBody | null,
): Eventually<void> {
  if (unread !== null && !unread.uninvited) return endAfterDrain(content, response, unread)
  if (content === null) response.end()
  else response.end(content)
  return undefined
}

async function endAfterDrain(
  content: string | Uint8Array | null,
  response: ServerResponse,
  unread: RequestBody,
): Promise<void> {
  if (content === null) response.flushHeaders()
  else response.write(content)
  await unread.drain()
  response.end()
}
