import { connect } from 'node:net'
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

/** A server may end a connection after an answer, as Turnpike's do after a thousand; then another one is opened. */
async function client(
  port: number,
  until: number,
  requests: readonly Buffer[],
  turns: { next: number },
): Promise<number> {
  let count = 0
  do count += await onOneConnection(port, until, requests, turns)
  while (performance.now() < until)
  return count
}

function onOneConnection(
  port: number,
  until: number,
  requests: readonly Buffer[],
  turns: { next: number },
): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let count = 0
    let held: Buffer | null = null
    const send = () => {
      socket.write(requests[turns.next++ % requests.length] as Buffer)
    }
    const fail = (why: string, bytes: Buffer) =>
      socket.destroy(new Error(`${why}: ${bytes.toString('latin1', 0, 300)}`))
    socket.setNoDelay(true)
    socket.once('connect', send)
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('the server closed a connection without saying so')))
    socket.on('data', (chunk: Buffer) => {
      const bytes: Buffer = held === null ? chunk : Buffer.concat([held, chunk])
      const head = readHead(bytes)
      held = head === null || bytes.length < head.end ? bytes : null
      if (head === null || held !== null) return
      if (!head.ok || bytes.length > head.end) return void fail('an unexpected reply', bytes)
      count += 1
      if (performance.now() < until && !head.last) return send()
      socket.removeAllListeners('close')
      socket.end(() => resolve(count))
    })
  })
}

interface Head {
  readonly ok: boolean
  /** Where the reply ends; 0 when it does not say. */
  readonly end: number
  /** Whether it is the last one of its connection. */
  readonly last: boolean
}

/** Null while it is not complete. */
function readHead(bytes: Buffer): Head | null {
  const end = bytes.indexOf(END_OF_HEAD)
  if (end === -1) return null
  const text = bytes.toString('latin1', 0, end)
  const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1]
  return {
    ok: text.startsWith('HTTP/1.1 200 ') && length !== undefined,
    end: length === undefined ? 0 : end + END_OF_HEAD.length + Number(length),
    last: /\r\nconnection: close/i.test(text),
  }
}
