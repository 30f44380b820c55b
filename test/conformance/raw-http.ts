import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { Refusal } from '../../src/base/refusal.ts'
import { readBody } from '../../src/guards/read-body.ts'
import { type CanonicalRequest, type TransportSettings, transport } from '../../src/guards/transport.ts'

/** A bare server in front of the transport guard, that remembers what got through and what should never happen. */
export interface RawHttp {
  readonly accepted: CanonicalRequest[]
  readonly crashes: unknown[]
  /**
   * Writes bytes on a connection of its own and reads to its end.
   * @param then - `end` closes the client's side at once; `wait` leaves it open, and fails unless the server closes by itself.
   */
  send(bytes: Uint8Array, then: 'end' | 'wait'): Promise<Exchange>
  close(): Promise<void>
}

export interface Exchange {
  readonly statuses: readonly number[]
  readonly text: string
}

export async function startRawHttp(settings: TransportSettings): Promise<RawHttp> {
  const accepted: CanonicalRequest[] = []
  const crashes: unknown[] = []
  // Hosts are the guard's business here.
  const server = createServer({ requireHostHeader: false, keepAlive: true }, async (incoming, reply) => {
    const raw = {
      method: incoming.method ?? '',
      rawTarget: incoming.url ?? '',
      rawHeaders: incoming.rawHeaders,
      httpVersion: incoming.httpVersion,
      peer: incoming.socket.remoteAddress ?? '',
      tls: false,
      body: incoming,
    }
    try {
      const request = transport(raw, settings)
      const length = request.headers.get('content-length')
      const body = await readBody(request.body, {
        maxBytes: 100_000,
        declaredLength: length === undefined ? null : Number(length),
      })
      accepted.push(request)
      reply.writeHead(200).end(`${body.byteLength} bytes`)
    } catch (error) {
      if (!(error instanceof Refusal)) crashes.push(error)
      const refusal = error instanceof Refusal ? error : new Refusal('internal')
      if (!reply.headersSent) reply.writeHead(refusal.status, refusal.headers).end(refusal.code)
    }
  })
  server.on('error', (error) => crashes.push(error))
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return { accepted, crashes, send: (bytes, then) => send(port, bytes, then), close: () => close(server) }
}

function send(port: number, bytes: Uint8Array, then: 'end' | 'wait'): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket: Socket = connect({ host: '127.0.0.1', port })
    const patience = setTimeout(() => {
      socket.destroy()
      reject(
        new Error(`the server keeps the connection open after ${Buffer.from(bytes).toString('latin1').slice(0, 200)}`),
      )
    }, 10_000)
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    // A reset is one way of closing.
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearTimeout(patience)
      resolve({ statuses: [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1])), text })
    })
    if (then === 'end') socket.end(bytes)
    else socket.write(bytes)
  })
}

function close(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((done) => void server.close(() => done()))
}
