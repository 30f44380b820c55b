import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Refusal } from '../../src/base/refusal.ts'
import { createOutbound, type Outbound, type OutboundDependencies } from '../../src/guards/outbound/outbound.ts'
import { parseOutboundPolicy } from '../../src/guards/outbound/outbound-policy.ts'

export interface Listener {
  readonly origin: string
  readonly port: number
  readonly requests: http.IncomingMessage[]
  connections: number
}

/** A real server on the loopback that counts who connects. */
export async function listen(handle: http.RequestListener, address = '127.0.0.1', port = 0): Promise<Listener> {
  const requests: http.IncomingMessage[] = []
  const server = http.createServer((request, response) => {
    requests.push(request)
    handle(request, response)
  })
  await new Promise<void>((resolve) => server.listen(port, address, resolve))
  const bound = (server.address() as AddressInfo).port
  const listener: Listener = { origin: `http://${address}:${bound}`, port: bound, requests, connections: 0 }
  server.on('connection', () => listener.connections++)
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return listener
}

export function json(value: unknown, status = 200): http.RequestListener {
  return (_request, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

export function redirect(location: () => string, status = 302): http.RequestListener {
  return (_request, response) => response.writeHead(status, { location: location() }).end()
}

/** An outbound guard that may call these listeners. */
export function loopback(
  listeners: readonly Listener[],
  policy: object = {},
  dependencies: OutboundDependencies = {},
): Outbound {
  const hosts = listeners.map(({ origin }) => origin)
  return createOutbound(
    parseOutboundPolicy({ hosts, dangerouslyAllowPlainHttp: true, dangerouslyAllowLoopback: true, ...policy }),
    dependencies,
  )
}

/** `code: private detail` of the refusal, or what came instead. */
export async function refused(call: Promise<unknown>): Promise<string> {
  return call.then(
    (answer) => `answered: ${JSON.stringify(answer)}`,
    (error: Refusal) => `${error.code}: ${error.detail}`,
  )
}
