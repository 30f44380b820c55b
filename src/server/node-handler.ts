import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline as pump } from 'node:stream/promises'
import type { TLSSocket } from 'node:tls'
import { toProblem } from '../base/problem.ts'
import { Refusal } from '../base/refusal.ts'
import type { Gate } from '../gate.ts'
import { RequestSignal } from '../guards/deadline.ts'
import type { RawRequest } from '../guards/transport.ts'
import { serveRequest } from '../pipeline.ts'
import type { Reply } from '../walk/reply.ts'

/** What is still read of a body that nobody wanted, so that the answer arrives before the connection closes. */
const DRAIN_BYTES = 1_000_000
const DRAIN_MILLISECONDS = 2000

export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => void

/**
 * The pipeline for plain `node:http`, mountable in an Express 5 application (`app.use(nodeHandler(gate))`), on the original target.
 * Mount it before any body parser: a body that was read already cannot be checked any more and gets a clear error.
 */
export function nodeHandler(gate: Gate): NodeHandler {
  return (request, response) => {
    void answer(request, response, gate)
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, gate: Gate): Promise<void> {
  const signal = new RequestSignal()
  response.once('close', () => {
    if (!response.writableFinished) signal.abort(new Refusal('bad_request', { detail: 'the client left' }))
  })
  try {
    const eaten = bodyWasEaten(request)
    if (eaten) throw new TypeError('the request body was read before Turnpike; mount it before express.json() and other body parsers')
    await send(await serveRequest(rawRequest(request, response), gate, signal), request, response)
  } catch (error) {
    // The pipeline itself never throws: this is the last-resort handler (ASVS 16.5.4).
    gate.log.error({ error: error instanceof Error ? error.stack : String(error) }, 'the host failed')
    if (!response.headersSent) await send(lastResort(), request, response).catch(() => response.destroy())
    else response.destroy()
  }
}

function lastResort(): Reply {
  const problem = toProblem(new Refusal('internal'), 'unknown')
  return { status: 500, headers: { 'content-type': 'application/problem+json; charset=utf-8', 'cache-control': 'no-store', connection: 'close' }, body: JSON.stringify(problem) }
}

function bodyWasEaten(request: IncomingMessage): boolean {
  const hasBody = request.headers['content-length'] !== undefined ? request.headers['content-length'] !== '0' : request.headers['transfer-encoding'] !== undefined
  return hasBody && (request.readableDidRead || request.readableEnded)
}

function rawRequest(request: IncomingMessage, response: ServerResponse): RawRequest {
  return {
    method: request.method ?? '',
    // Express cuts the mount path from url; the policy must see what the client sent.
    rawTarget: (request as IncomingMessage & { originalUrl?: string }).originalUrl ?? request.url ?? '',
    rawHeaders: request.rawHeaders,
    httpVersion: request.httpVersion,
    peer: request.socket.remoteAddress ?? '',
    tls: (request.socket as TLSSocket).encrypted === true,
    body: request.headers.expect === undefined ? request : invited(request, response),
  }
}

/** A client that waits for 100 Continue is invited only once the body is wanted, after step 6. */
function invited(request: IncomingMessage, response: ServerResponse): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      response.writeContinue()
      return request[Symbol.asyncIterator]()
    },
  }
}

async function send(reply: Reply, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (response.destroyed) return
  const { body } = reply
  const headers: Record<string, string | number> = { ...reply.headers }
  const unread = !request.complete && !request.readableEnded
  if (unread) headers['connection'] = 'close'
  if (headers['connection'] === 'close') response.shouldKeepAlive = false
  const whole = body === null || typeof body === 'string' || body instanceof Uint8Array
  if (whole && reply.status !== 204) headers['content-length'] = body === null ? 0 : Buffer.byteLength(body)
  response.writeHead(reply.status, headers)
  if (unread) drain(request, response)
  if (!whole && request.method !== 'HEAD') await pump(Readable.from(body, { objectMode: false }), response)
  else if (body === null || !whole || request.method === 'HEAD') response.end()
  else response.end(body)
}

/** Reads on for a moment, bounded, then closes. Closing at once would reset the connection and could lose the answer. */
function drain(request: IncomingMessage, response: ServerResponse): void {
  let bytes = 0
  const stop = () => request.socket.destroy()
  const timer = setTimeout(stop, DRAIN_MILLISECONDS)
  timer.unref()
  request.on('data', (chunk: Uint8Array) => {
    bytes += chunk.length
    if (bytes > DRAIN_BYTES && response.writableFinished) stop()
  })
  request.once('close', () => clearTimeout(timer))
  request.resume()
}
