import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** Somebody who connected to a listener of ours. */
export interface Hit {
  /** `tls`: it offered TLS, which tells nothing of the path; `silent`: it said nothing, as who waits for a greeting. */
  readonly how: 'http' | 'tls' | 'other' | 'silent'
  /** Path and query of a request; the first bytes of anything else that can be read. */
  readonly text: string
  readonly method: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** What a request carried, its beginning. */
  body: string
}

export type Reply = (request: IncomingMessage, response: ServerResponse) => void

/** A server of ours that whoever is attacked must not, or may, be brought to call. */
export interface Listener {
  readonly port: number
  /** Absolute, as the target reaches it. @param path - `/nonce`. @param host - In place of its own address. */
  url(path: string, host?: string): string
  /** How a request for this path is answered; any other is 404. */
  answer(path: string, reply: Reply): void
  /** Who came, by a text that what they sent holds; all of them without one. */
  hits(text?: string): readonly Hit[]
  /** The same, after waiting at most so long for somebody to come. Real time. */
  awaited(text: string, milliseconds: number): Promise<readonly Hit[]>
  /** Lets whoever offers TLS wait so long before it is let go. Real time; at once by default. */
  holdTls(milliseconds: number): void
  close(): Promise<void>
}

const KEPT_BYTES = 65_536

/**
 * Listens at one port of several addresses; those that this machine does not have are left out.
 * @param addresses - The first must be had. @param port - 0: a free one.
 * @param name - Host by which the target reaches us; default: the first address.
 * @throws {Error} When the first cannot be listened on.
 */
export async function startListener(addresses: readonly string[], port = 0, name?: string): Promise<Listener> {
  const replies = new Map<string, Reply>()
  const found: Hit[] = []
  const sockets = new Set<Socket>()
  let tlsMilliseconds = 0
  const met = (socket: Socket) => meet(socket, http, found, sockets, () => tlsMilliseconds)
  const http = createHttpServer((request, response) => {
    found.push(hitOf(request))
    const { url = '' } = request
    const reply = replies.get(url) ?? replies.get(url.split('?')[0] ?? '')
    if (reply) reply(request, response)
    else response.writeHead(404, { Connection: 'close' }).end()
  })
  const [first = '127.0.0.1', ...others] = addresses
  const main = await listening(met, first, port)
  const { port: chosen } = main.address() as AddressInfo
  const more = await Promise.all(others.map((each) => listening(met, each, chosen).catch(() => null)))
  const hits = (text = '') => found.filter((hit) => hit.text.includes(text))
  return {
    port: chosen,
    url: (path, host = name ?? bracketed(first)) => `http://${host}:${chosen}${path}`,
    answer: (path, reply) => void replies.set(path, reply),
    hits,
    holdTls(milliseconds) {
      tlsMilliseconds = milliseconds
    },
    async awaited(text, milliseconds) {
      for (let waited = 0; waited < milliseconds && hits(text).length === 0; waited += STEP) await delay(STEP)
      return hits(text)
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await Promise.all([main, ...more].map((server) => server && new Promise((closed) => server.close(closed))))
    },
  }
}

const STEP = 20

const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address)

function listening(met: (socket: Socket) => void, address: string, port: number): Promise<Server> {
  const server = createServer(met)
  return new Promise((ready, failed) => {
    server.once('error', failed)
    server.listen({ host: address, port, ...(address === '::1' ? { ipv6Only: true } : {}) }, () => ready(server))
  })
}

/** Tells by its first bytes what somebody speaks, and lets HTTP go on. */
function meet(
  socket: Socket,
  http: ReturnType<typeof createHttpServer>,
  found: Hit[],
  sockets: Set<Socket>,
  tlsMilliseconds: () => number,
): void {
  sockets.add(socket)
  let spoke = false
  socket.on('close', () => {
    sockets.delete(socket)
    if (!spoke) found.push(plainHit('silent', ''))
  })
  socket.on('error', () => {})
  socket.once('data', (first: Buffer) => {
    spoke = true
    socket.pause()
    if (/^[A-Z]{3,20} /.test(first.subarray(0, 21).toString('latin1'))) {
      socket.unshift(first)
      http.emit('connection', socket)
      process.nextTick(() => socket.resume())
      return
    }
    found.push(first[0] === TLS_HANDSHAKE ? plainHit('tls', '') : plainHit('other', first.toString('latin1')))
    if (first[0] === TLS_HANDSHAKE) setTimeout(() => socket.destroy(), tlsMilliseconds())
    else socket.destroy()
  })
  // Who waits for a greeting is let go, so that it need not wait for its own limit.
  socket.setTimeout(SILENCE_MILLISECONDS, () => spoke || socket.destroy())
}

const TLS_HANDSHAKE = 0x16
const SILENCE_MILLISECONDS = 500

const plainHit = (how: Hit['how'], text: string): Hit => ({
  how,
  text: text.slice(0, 1000),
  method: '',
  headers: {},
  body: '',
})

function hitOf(request: IncomingMessage): Hit {
  const hit: Hit = {
    how: 'http',
    text: request.url ?? '',
    method: request.method ?? '',
    headers: request.headers,
    body: '',
  }
  request.on('data', (chunk: Buffer) => {
    if (hit.body.length < KEPT_BYTES) hit.body += chunk.toString('utf8')
  })
  return hit
}
