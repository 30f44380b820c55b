import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer, type ServerOptions as HttpsServerOptions } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Refusal } from '../base/refusal.ts'
import { refuseBrokenRequest, refuseOnSocket } from './broken-request.ts'
import type { Door } from './exchange.ts'
import { type HttpSettings, nodeOptions } from './http-options.ts'
import { inviteLater } from './request-body.ts'

/** A server whose every way in leads to `handler` or to a problem document. */
export interface HttpServer {
  readonly server: Server
  /** @throws When the port cannot be had. */
  listen(host: string, port: number): Promise<number>
  /** Takes no new connections, ends idle ones, lets open requests finish, and cuts what is left after `seconds`. */
  stop(seconds: number): Promise<void>
}

export function createHttpServer(
  handler: RequestListener,
  settings: HttpSettings,
  tls: HttpsServerOptions | null,
  door: Door,
): HttpServer {
  const options = nodeOptions(settings)
  const server = tls ? createTlsServer({ ...options, ...tls }) : createServer(options)
  server.maxRequestsPerSocket = settings.maxRequestsPerSocket
  server.maxConnections = settings.maxConnections
  // Node would leave out headers above a number, silently. All are shown to the transport guard; their bytes are bounded.
  server.maxHeadersCount = 0
  server.setTimeout(settings.connectionTimeoutMilliseconds)
  server.on('request', handler)
  server.on('checkContinue', (request: IncomingMessage, response) => {
    inviteLater(request)
    handler(request, response)
  })
  // Any other expectation: the transport guard refuses it (417).
  server.on('checkExpectation', handler)
  server.on('clientError', (error: Error, socket: Duplex) => refuseBrokenRequest(error, socket as Socket, door))
  // `Upgrade` is ignored, as RFC 9110 section 7.8 allows: such a request walks the pipeline like any other. A tunnel is refused.
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    refuseOnSocket(new Refusal('method_not_allowed', { detail: 'CONNECT' }), socket as Socket, door)
  })
  const connections = watchConnections(server, tls !== null)
  return {
    server,
    listen: (host, port) => listen(server, host, port),
    async stop(seconds) {
      door.exchanges.close()
      const closed = new Promise<void>((done) => void server.close(() => done()))
      for (const socket of connections.talking) if (door.exchanges.of(socket).length === 0) socket.destroySoon()
      const timer = setTimeout(() => {
        for (const socket of connections.all) socket.destroy()
      }, seconds * 1000)
      await closed
      clearTimeout(timer)
    },
  }
}

/** `all` are the plain sockets; `talking` those on which HTTP is spoken, which under TLS are others. */
function watchConnections(
  server: Server,
  tls: boolean,
): { readonly all: ReadonlySet<Socket>; readonly talking: ReadonlySet<Socket> } {
  const watch = (event: string): Set<Socket> => {
    const sockets = new Set<Socket>()
    server.on(event, (socket: Socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    })
    return sockets
  }
  const all = watch('connection')
  return { all, talking: tls ? watch('secureConnection') : all }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((done, fail) => {
    server.once('error', fail)
    server.listen({ host, port }, () => {
      server.off('error', fail)
      const address = server.address()
      done(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}
