import http from 'node:http'
import https from 'node:https'
import { type Answer, MAX_BODY_BYTES } from './exchange.ts'

/** Exactly what goes out: the target is not normalized. */
export interface WireRequest {
  readonly method: string
  readonly target: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Buffer | null
  /** Address of this machine to send from. Default: whichever the system takes. */
  readonly from?: string | undefined
}

export type WireAnswer = Omit<Answer, 'exchange' | 'json'>

export interface HttpClient {
  send(origin: URL, request: WireRequest, timeoutMilliseconds: number, signal?: AbortSignal): Promise<WireAnswer>
  close(): void
}

/** One keep-alive client without redirects, proxies, compression or retries: an attack must see what the API itself says. */
export function createHttpClient(maxSockets: number): HttpClient {
  const agents = {
    'http:': new http.Agent({ keepAlive: true, maxSockets }),
    'https:': new https.Agent({ keepAlive: true, maxSockets }),
  }
  return {
    async send(origin, request, timeoutMilliseconds, signal) {
      const answer = await exchange(agents, origin, request, timeoutMilliseconds, signal)
      // A kept connection may have been closed by its other side meanwhile; that says nothing of the request.
      return answer.failure === 'reset' && answer.reused
        ? exchange(agents, origin, request, timeoutMilliseconds, signal)
        : answer
    },
    close() {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

function exchange(
  agents: { readonly 'http:': http.Agent; readonly 'https:': https.Agent },
  origin: URL,
  { method, target, headers, body, from }: WireRequest,
  timeoutMilliseconds: number,
  signal?: AbortSignal,
): Promise<WireAnswer & { readonly reused: boolean }> {
  const started = performance.now()
  const secure = origin.protocol === 'https:'
  return new Promise((resolve) => {
    let request: http.ClientRequest
    const done = (answer: Partial<WireAnswer>) => {
      clearTimeout(timer)
      resolve({
        status: 0,
        failure: null,
        headers: {},
        text: '',
        ...answer,
        milliseconds: performance.now() - started,
        reused: request?.reusedSocket ?? false,
      })
    }
    const timer = setTimeout(() => {
      done({ failure: 'timeout' })
      request?.destroy()
    }, timeoutMilliseconds)
    try {
      request = (secure ? https : http).request({
        agent: agents[secure ? 'https:' : 'http:'],
        host: origin.hostname.replace(/^\[|\]$/g, ''),
        port: origin.port === '' ? (secure ? 443 : 80) : Number(origin.port),
        method,
        path: target,
        headers: flatHeaders(origin, method, headers, body),
        setHost: false,
        ...(from === undefined ? {} : { localAddress: from }),
        ...(signal === undefined ? {} : { signal }),
      })
    } catch {
      // Node refuses to write what no HTTP request may hold, such as a line feed in a header.
      done({ failure: 'refused' })
      return
    }
    request.on('error', (error: NodeJS.ErrnoException) => {
      const code = error.code ?? ''
      done({ failure: code === 'ECONNREFUSED' ? 'refused' : code.startsWith('HPE_') ? 'bad-reply' : 'reset' })
    })
    request.on('response', (response) => {
      const chunks: Buffer[] = []
      let bytes = 0
      const whole = () =>
        done({
          status: response.statusCode ?? 0,
          headers: joinHeaders(response.headers),
          text: Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString('utf8'),
        })
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        bytes += chunk.length
        if (bytes <= MAX_BODY_BYTES) return
        whole()
        response.destroy()
      })
      response.on('end', whole)
      response.on('error', () => done({ failure: 'reset' }))
    })
    if (body !== null) request.write(body)
    request.end()
  })
}

function flatHeaders(
  origin: URL,
  method: string,
  headers: readonly (readonly [string, string])[],
  body: Buffer | null,
): readonly string[] {
  const names = new Set(headers.map(([name]) => name.toLowerCase()))
  const added: [string, string][] = []
  if (!names.has('host')) added.push(['Host', origin.host])
  // Without a length Node sends an empty chunked body, which is a body.
  const mayHaveBody = body !== null || ['POST', 'PUT', 'PATCH'].includes(method)
  if (mayHaveBody && !names.has('content-length') && !names.has('transfer-encoding'))
    added.push(['Content-Length', String(body?.length ?? 0)])
  return [...added, ...headers].flat()
}

function joinHeaders(headers: http.IncomingHttpHeaders): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined
        ? []
        : [[name, Array.isArray(value) ? value.join(name === 'set-cookie' ? '\n' : ', ') : value]],
    ),
  )
}
