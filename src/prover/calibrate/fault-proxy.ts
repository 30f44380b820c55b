import http from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'

/** A request on its way to the target. */
export interface Passing {
  readonly method: string
  /** Path and query as they stand on the wire. */
  readonly target: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Buffer
}

export interface Passed {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Buffer
}

/** What a broken API would do differently, done between the prover and a sound one. */
export interface Fault {
  /** In a sentence's middle: `an answer shows a field that it should not`. */
  readonly told: string
  /** In place of the request. */
  request?(passing: Passing): Passing
  /** In place of the answer. @param given - The request as it came. @param send - Asks the target once more. */
  reply?(passed: Passed, given: Passing, send: (other: Passing) => Promise<Passed>): Passed | Promise<Passed>
}

export interface FaultProxy {
  /** In place of the target's. */
  readonly base: URL
  close(): Promise<void>
}

const MAX_BYTES = 16_000_000

/** Stands on loopback before a target, and simulates one fault. */
export async function startFaultProxy(base: URL, fault: Fault): Promise<FaultProxy> {
  const server = http.createServer({ maxHeaderSize: 65_536 }, (request, response) => {
    void pass(request, base, fault).then(
      (passed) => write(response, passed, request.method === 'HEAD'),
      () => response.destroy(),
    )
  })
  await new Promise<void>((ready) => void server.listen(0, '127.0.0.1', ready))
  return {
    base: new URL(base.pathname, `http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}

async function pass(request: http.IncomingMessage, base: URL, fault: Fault): Promise<Passed> {
  const given: Passing = {
    method: request.method ?? 'GET',
    target: request.url ?? '/',
    headers: pairs(request.rawHeaders),
    body: await whole(request),
  }
  const passing = fault.request?.(given) ?? given
  const send = (other: Passing) => forward(base, other)
  const passed = await send(passing)
  return (await fault.reply?.(passed, given, send)) ?? passed
}

/** What belongs to one connection, and is written anew for the next. */
const HOP = /^(host|connection|keep-alive|transfer-encoding|content-length|expect)$/i

function forward(base: URL, { method, target, headers, body }: Passing): Promise<Passed> {
  return new Promise((done, failed) => {
    const kept = headers.filter(([name]) => !HOP.test(name))
    const mayHaveBody = body.length > 0 || ['POST', 'PUT', 'PATCH'].includes(method)
    const request = (base.protocol === 'https:' ? https : http).request({
      host: base.hostname.replace(/^\[|\]$/g, ''),
      port: base.port === '' ? (base.protocol === 'https:' ? 443 : 80) : Number(base.port),
      method,
      path: target,
      setHost: false,
      agent: false,
      headers: [['Host', base.host], ...(mayHaveBody ? [['Content-Length', String(body.length)]] : []), ...kept].flat(),
    })
    request.on('error', failed)
    request.on('response', (response) => {
      whole(response).then(
        (text) => done({ status: response.statusCode ?? 502, headers: pairs(response.rawHeaders), body: text }),
        failed,
      )
    })
    request.end(body)
  })
}

function write(response: http.ServerResponse, { status, headers, body }: Passed, isHead: boolean): void {
  const kept = headers.filter(([name]) => !(HOP.test(name) && !(isHead && /^content-length$/i.test(name))))
  const hasBody = !isHead && status !== 204 && status !== 304
  response.writeHead(
    status,
    [...kept, ...(hasBody ? [['Content-Length', String(body.length)]] : [])].flat() as string[],
  )
  response.end(hasBody ? body : undefined)
}

async function whole(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream) {
    bytes += (chunk as Buffer).length
    if (bytes <= MAX_BYTES) chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}

const pairs = (raw: readonly string[]): readonly (readonly [string, string])[] =>
  raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as const] : []))

/** The value of a header; empty where there is none. */
export const headerOf = ({ headers }: Pick<Passing, 'headers'>, name: string): string =>
  headers.find(([each]) => each.toLowerCase() === name)?.[1] ?? ''

/** The same with a header in place of every one of its name; null removes. */
export function withHeader<T extends Pick<Passing, 'headers'>>(held: T, name: string, value: string | null): T {
  const others = held.headers.filter(([each]) => each.toLowerCase() !== name.toLowerCase())
  return { ...held, headers: value === null ? others : [...others, [name, value] as const] }
}

/** An answer of JSON in place of another. */
export const jsonReply = (passed: Passed, status: number, json: unknown): Passed => ({
  ...withHeader(passed, 'Content-Type', 'application/json'),
  status,
  body: Buffer.from(JSON.stringify(json)),
})
