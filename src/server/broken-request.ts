import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { addressKey, parseAddress } from '../base/address.ts'
import { Refusal, type RefusalCode } from '../base/refusal.ts'
import type { Door } from './exchange.ts'
import type { Exchange } from './exchanges.ts'
import { hostProblem } from './host-problem.ts'

/** How long an answered connection may still send before it is cut. */
const LINGER_MILLISECONDS = 500
const METHOD_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64} /

const CODES: Readonly<Record<string, RefusalCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
  HPE_INVALID_TRANSFER_ENCODING: 'ambiguous_framing',
  HPE_INVALID_CONTENT_LENGTH: 'ambiguous_framing',
  HPE_UNEXPECTED_CONTENT_LENGTH: 'ambiguous_framing',
}

/** Connections that were answered here; the parser fails again on whatever else they send. */
const refused = new WeakSet<Socket>()

interface ParserError extends Error {
  readonly code?: string
  readonly rawPacket?: Buffer
  readonly bytesParsed?: number
}

/**
 * What the HTTP parser could not read, or what did not arrive in time, gets a problem document and the end of the connection (RFC 9112
 * section 2.2). An answer that is under way on the connection is never mixed with it.
 */
export function refuseBrokenRequest(error: ParserError, socket: Socket, door: Door): void {
  if (refused.has(socket)) return
  const open = door.exchanges.of(socket)
  const last = open.at(-1)
  // The broken bytes are the body of the only open request, and nothing was sent yet.
  const own = open.length === 1 && last?.request.complete === false && !last.response.headersSent
  if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy()
  else if (last === undefined || own) refuseOnSocket(refusalOf(error), socket, door)
  else if (last.request.complete) finishFirst(last, socket)
  else socket.destroy()
}

/** The requests before the broken one were whole: they keep their answers, and the connection ends with them. */
function finishFirst({ response }: Exchange, socket: Socket): void {
  refused.add(socket)
  response.shouldKeepAlive = false
  response.once('close', () => socket.destroySoon())
}

/** Writes a problem document where there is no response object, and closes. */
export function refuseOnSocket(refusal: Refusal, socket: Socket, { gate }: Door): void {
  refused.add(socket)
  const { requestId, reply } = hostProblem(refusal, gate, (socket as TLSSocket).encrypted === true)
  const address = parseAddress(socket.remoteAddress ?? '')
  gate.audit.note({
    type: 'request.refused',
    outcome: 'refused',
    requestId,
    principal: 'nobody',
    tenant: null,
    addressKey: address ? addressKey(address) : '',
    endpoint: null,
    code: refusal.code,
    detail: refusal.detail,
    objects: [],
    facts: { step: 'host' },
  })
  gate.metrics.observe('none', reply.status, 0)
  const body = String(reply.body)
  const headers = { ...reply.headers, connection: 'close', 'content-length': String(Buffer.byteLength(body)) }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.on('error', () => socket.destroy())
  socket.end(`HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status] ?? ''}\r\n${lines.join('')}\r\n${body}`)
  // Closing on unread bytes resets the connection, which can take the answer with it.
  setTimeout(() => socket.destroy(), LINGER_MILLISECONDS).unref()
}

function refusalOf(error: ParserError): Refusal {
  const detail = `${error.code ?? error.name}: ${error.message}`
  if (error.code === 'HPE_INVALID_METHOD' && startsWithMethod(error)) return new Refusal('not_implemented', { detail })
  return new Refusal(CODES[error.code ?? ''] ?? 'bad_request', { detail })
}

/** The parser knows a list of methods; another one that is well-formed is not implemented rather than malformed (RFC 9110 section 15.6.2). */
function startsWithMethod({ rawPacket, bytesParsed = 0 }: ParserError): boolean {
  if (!rawPacket) return false
  const start = rawPacket.lastIndexOf('\n', bytesParsed) + 1
  return METHOD_LINE.test(rawPacket.subarray(start, start + 66).toString('latin1'))
}
