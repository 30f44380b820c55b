import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Lookup } from '../../src/guards/outbound/vetted-addresses.ts'
import { selfSigned } from '../guards/outbound-certificate.ts'
import type { TargetOptions } from './harness.ts'

/** Servers on the loopback that nobody outside may reach, on one port of several addresses. They speak TLS that the target trusts. */
export interface InnerListeners {
  readonly port: number
  /** In every body and header they send: whoever shows it has talked to them. */
  readonly nonce: string
  /** Connections so far, by address. */
  readonly connections: ReadonlyMap<string, number>
  /** Names that were looked up. */
  readonly asked: readonly string[]
  /** Answers for names; the last one stays. A name that is not there does not resolve. */
  readonly names: Map<string, (readonly string[])[]>
  /** Where the next requests are sent on to; null answers them. */
  redirectTo: string | null
  readonly total: number
  /** For a target that could reach them if its addresses were not checked: its ports, its trust and its DNS allow it. */
  settings(more?: Readonly<Record<string, unknown>>): TargetOptions
  close(): Promise<void>
}

const CERTIFICATE = selfSigned(['127.0.0.1', '127.0.0.2', 'hooks.example', 'rebind.example'])

export async function startInnerListeners(): Promise<InnerListeners> {
  const connections = new Map<string, number>()
  const asked: string[] = []
  const names = new Map<string, (readonly string[])[]>()
  const nonce = randomBytes(12).toString('hex')
  let redirectTo: string | null = null
  const servers: Server[] = []
  const listen = async (address: string, port: number): Promise<number> => {
    const server = createServer(CERTIFICATE, (_request, response) => {
      const where = redirectTo === null ? {} : { location: redirectTo }
      response.writeHead(redirectTo === null ? 200 : 307, {
        'content-type': 'application/json',
        'x-nonce': nonce,
        ...where,
      })
      response.end(JSON.stringify({ nonce }))
    })
    server.on('connection', () => connections.set(address, (connections.get(address) ?? 0) + 1))
    // A handshake that the other side gives up is no failure of ours.
    server.on('tlsClientError', () => {})
    await new Promise<void>((done, fail) => {
      server.once('error', fail)
      server.listen(port, address, done)
    })
    servers.push(server)
    return (server.address() as AddressInfo).port
  }
  const port = await listen('127.0.0.1', 0)
  await listen('127.0.0.2', port)
  // Not every machine has IPv6.
  await listen('::1', port).catch(() => {})
  const lookup: Lookup = async (name) => {
    asked.push(name)
    const answers = names.get(name)
    if (!answers?.[0]) throw new Error(`getaddrinfo ENOTFOUND ${name}`)
    return answers.length > 1 ? (answers.shift() ?? []) : answers[0]
  }
  return {
    port,
    nonce,
    connections,
    asked,
    names,
    get redirectTo() {
      return redirectTo
    },
    set redirectTo(url) {
      redirectTo = url
    },
    get total() {
      return [...connections.values()].reduce((sum, count) => sum + count, 0)
    },
    settings: (more = {}) => ({
      settings: {
        outbound: { ports: [443, port], timeoutMs: 2000, ...more },
        outboundDependencies: { lookup, certificateAuthorities: [CERTIFICATE.cert] },
      },
    }),
    async close() {
      for (const server of servers) server.closeAllConnections()
      await Promise.all(servers.map((server) => new Promise((done) => server.close(done))))
    },
  }
}
