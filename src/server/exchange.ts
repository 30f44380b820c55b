import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline as pump } from 'node:stream/promises'
import type { TLSSocket } from 'node:tls'
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
    await send(await replyTo(request, body, signal, door), request, response, body, door.exchanges.closing)
  } catch (error) {
    // The pipeline itself never throws: this is the last-resort handler (ASVS 16.5.4).
    const problem = hostProblem(new Refusal('internal'), door.gate, isTls(request))
    door.gate.log.error(
      { requestId: problem.requestId, error: error instanceof Error ? error.stack : String(error) },
      'the host failed',
    )
    if (response.headersSent) response.destroy()
    else await send(problem.reply, request, response, body, true).catch(() => response.destroy())
  }
}

async function replyTo(
  request: IncomingMessage,
  body: RequestBody,
  signal: RequestSignal,
  { gate, exchanges, shed }: Door,
): Promise<Reply> {
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
  return await serveRequest(rawRequest(request, body), gate, signal)
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

async function send(
  reply: Reply,
  request: IncomingMessage,
  response: ServerResponse,
  body: RequestBody,
  last: boolean,
): Promise<void> {
  const unread = !(await body.arrived())
  if (response.destroyed) return
  const content = reply.body
  const whole = content === null || typeof content === 'string' || content instanceof Uint8Array
  const headers: Record<string, string | number> = { ...reply.headers }
  if (unread || last) headers.connection = 'close'
  if (whole && reply.status !== 204) headers['content-length'] = content === null ? 0 : Buffer.byteLength(content)
  response.writeHead(reply.status, headers)
  if (request.method === 'HEAD' || content === null) return await end(null, response, unread ? body : null)
  if (whole) return await end(content, response, unread ? body : null)
  await pump(Readable.from(content, { objectMode: false }), response)
}

/** The client has the whole answer by its length; the connection ends after what it still sends was taken in. */
async function end(
  content: string | Uint8Array | null,
  response: ServerResponse,
  unread: RequestBody | null,
): Promise<void> {
  if (unread === null || unread.uninvited) {
    if (content === null) response.end()
    else response.end(content)
    return
  }
  if (content === null) response.flushHeaders()
  else response.write(content)
  await unread.drain()
  response.end()
}
