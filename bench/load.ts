import { connect, type Socket } from 'node:net'
import type { Call } from './contenders/contender.ts'

export interface LoadOptions {
  readonly port: number
  readonly calls: readonly Call[]
  /** Kept alive; each has one request under way (no pipelining). */
  readonly connections: number
  readonly milliseconds: number
}

export interface Loaded {
  readonly requests: number
  readonly seconds: number
}

const END_OF_HEAD = Buffer.from('\r\n\r\n')

/**
 * Sends requests over a fixed number of connections, each as soon as the reply before it is complete. Small on purpose: it has to cost less
 * than the servers it measures.
 * @throws {Error} On any reply that is not 200 with a Content-Length, and on a connection that ends: a figure with failures in it is none.
 */
export async function load({ port, calls, connections, milliseconds }: LoadOptions): Promise<Loaded> {
  const requests = calls.map((call) => Buffer.from(requestText(port, call)))
  const startedAt = performance.now()
  const until = startedAt + milliseconds
  const turns = { next: 0 }
  const clients = Array.from({ length: connections }, () => client(port, until, requests, turns))
  const counts = await Promise.all(clients)
  return { requests: counts.reduce((sum, count) => sum + count, 0), seconds: (performance.now() - startedAt) / 1000 }
}

function requestText(port: number, { path, token }: Call): string {
  const authorization = token === null ? '' : `authorization: Bearer ${token}\r\n`
  return `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${authorization}accept: application/json\r\nuser-agent: bench\r\n\r\n`
}

function client(port: number, until: number, requests: readonly Buffer[], turns: { next: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, '127.0.0.1')
    let count = 0
    let held: Buffer | null = null
    const send = () => {
      socket.write(requests[turns.next++ % requests.length] as Buffer)
    }
    socket.setNoDelay(true)
    socket.once('connect', send)
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('the server closed a connection')))
    socket.on('data', (chunk) => {
      const bytes: Buffer = held === null ? chunk : Buffer.concat([held, chunk])
      const length = replyLength(bytes)
      held = length === null || bytes.length < length ? bytes : null
      if (held !== null || length === null) return
      if (bytes.length > length || !isOk(bytes))
        return void socket.destroy(new Error(`an unexpected reply: ${bytes.toString('latin1', 0, 300)}`))
      count += 1
      if (performance.now() < until) return send()
      socket.removeAllListeners('close')
      socket.end(() => resolve(count))
    })
  })
}

const isOk = (bytes: Buffer): boolean => bytes.toString('latin1', 9, 12) === '200'

/** Null while the head is not complete. */
function replyLength(bytes: Buffer): number | null {
  const end = bytes.indexOf(END_OF_HEAD)
  if (end === -1) return null
  const length = /\r\ncontent-length: (\d+)/i.exec(bytes.toString('latin1', 0, end))?.[1]
  if (length === undefined) throw new Error('a reply without Content-Length')
  return end + 4 + Number(length)
}
