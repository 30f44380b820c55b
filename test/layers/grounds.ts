import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createServer as createTcpServer, type Server as TcpServer } from 'node:net'
import { Secret } from 'turnpike'
import { CHECKS, type Checks } from '../../src/checks.ts'
import { FAST, startTarget, type Target, type Variant } from '../attacks/harness.ts'
import { selfSigned } from '../guards/outbound-certificate.ts'
import { type SmallGate, smallGate } from '../support/small-gate.ts'
import type { Away, Ground } from './layer.ts'
import { SENDER, sideApi } from './side-api.ts'

function checksOf({ checks = {}, outbound = {} }: Away): Partial<Checks> {
  return { ...checks, outbound: { ...CHECKS.outbound, ...outbound } }
}

const demoAs = (variant: Variant): Ground<Target> => ({
  start: (away) =>
    startTarget(
      { ...variant, rowSecurity: variant.rowSecurity && away.rowSecurity !== false },
      { checks: checksOf(away), settings: away.settings ?? {} },
    ),
  close: (target) => target.close(),
})

/** The demo in memory, with an outside issuer; with users of its own; and on a database. */
export const demo = demoAs(FAST)
export const demoWithUsers = demoAs({ ...FAST, identity: 'local' })
export const demoOnDatabase = demoAs({ host: 'node', store: 'embedded', rowSecurity: true, identity: 'local' })

/** The small API, without a socket. */
export const small: Ground<SmallGate> = {
  start: (away) => smallGate(checksOf(away), away.settings),
  close: ({ gate }) => gate.close(),
}

/** The small API with callers from many addresses, and a bucket for each that can be emptied. */
export const crowded: Ground<SmallGate> = {
  start: (away) =>
    smallGate(checksOf(away), {
      dangerouslyAllowPlainHttp: true,
      addressBucket: { perSecond: 100, burst: 200 },
      ...away.settings,
    }),
  close: ({ gate }) => gate.close(),
}

/** The side API with an upstream whose answer the attack decides. */
export interface Side extends SmallGate {
  readonly upstream: { answer: string }
  readonly secret: string
}

const CERTIFICATE = selfSigned(['127.0.0.1'])
export const SECRET = 'a secret of the payment provider, long enough'

export const side: Ground<Side & { readonly server: Server }> = {
  async start(away) {
    const upstream = { answer: '{"rate":"1.10"}' }
    const server = createServer(CERTIFICATE, (_request, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(upstream.answer),
    )
    const origin = `https://127.0.0.1:${await listening(server, '127.0.0.1', 0)}`
    const gate = await smallGate(
      checksOf(away),
      {
        ...settingsOf(away, { dangerouslyAllowLoopback: true }),
        outboundDependencies: { certificateAuthorities: [CERTIFICATE.cert] },
      },
      sideApi(origin),
    )
    return { ...gate, upstream, secret: SECRET, server }
  },
  async close({ gate, server }) {
    await gate.close()
    await closed(server)
  },
}

/** The side API beside two listeners that only count who connects: one that the names of the attack lead to at first, and one within. */
export interface Network extends SmallGate {
  readonly port: number
  readonly outer: { connections: number }
  readonly inner: { connections: number }
}

/** Names for the attacks: to the listener within, and to another address at each question. */
export const INNER = '127.0.0.2'
const OUTER = '127.0.0.1'
const asked = new Map<string, number>()
export async function lookUp(name: string): Promise<readonly string[]> {
  if (name === 'inner.example.com') return [INNER]
  if (!name.startsWith('rebinding-')) throw new Error('no such name')
  const times = asked.get(name) ?? 0
  asked.set(name, times + 1)
  return [times === 0 ? OUTER : INNER]
}

export const network: Ground<Network & { readonly servers: readonly TcpServer[] }> = {
  async start(away) {
    const [outer, inner] = [{ connections: 0 }, { connections: 0 }]
    const [one, other] = [counting(outer), counting(inner)]
    const port = await listening(one, OUTER, 0)
    await listening(other, INNER, port)
    const settings = {
      ...settingsOf(away, { ports: [443, port], timeoutMs: 2000 }),
      outboundDependencies: { lookup: lookUp },
    }
    const gate = await smallGate(checksOf(away), settings, sideApi('https://rates.example.com'))
    return { ...gate, port, outer, inner, servers: [one, other] }
  },
  async close({ gate, servers }) {
    await gate.close()
    for (const server of servers) await closed(server)
  },
}

function settingsOf({ settings }: Away, outbound: Readonly<Record<string, unknown>>) {
  return {
    ...settings,
    outbound: { ...outbound, ...settings?.outbound },
    webhookSecrets: { [SENDER]: new Secret(SECRET) },
  }
}

function counting(counter: { connections: number }): TcpServer {
  return createTcpServer((socket) => {
    counter.connections += 1
    socket.destroy()
  })
}

async function listening(server: TcpServer, address: string, port: number): Promise<number> {
  await new Promise<void>((done, fail) => {
    server.once('error', fail)
    server.listen(port, address, done)
  })
  return (server.address() as AddressInfo).port
}

const closed = (server: TcpServer) => new Promise<void>((done) => void server.close(() => done()))
