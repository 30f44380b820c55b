import { request } from 'node:http'

/** What goes on the wire, as it is written: nothing is normalized, ordered or added but Host and the length of the body. */
export interface Sent {
  readonly method: string
  readonly target: string
  /** Name and value pairs; a name may be there twice. A Host given here replaces our own. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string | Uint8Array | null
}

export interface Answer {
  readonly sent: Sent
  readonly status: number
  /** By lower-case name; repeated ones joined with `, `. */
  readonly headers: Readonly<Record<string, string>>
  /** Lower-case names in the order of the answer, Date and connection management left out. */
  readonly headerNames: readonly string[]
  readonly text: string
  /** The body as JSON, or undefined when it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into JSON bodies.
  readonly json: any
}

const WRITES = new Set(['POST', 'PUT', 'PATCH'])
const HOP_BY_HOP = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding'])

/** One request on a connection of its own, over real HTTP. `fetch` would repair paths and merge headers; this does not. */
export function send(port: number, sent: Sent): Promise<Answer> {
  const headers = sent.headers.some(([name]) => name.toLowerCase() === 'host') ? [] : ['Host', `127.0.0.1:${port}`]
  for (const [name, value] of sent.headers) headers.push(name, value)
  const framed = sent.headers.some(([name]) => ['content-length', 'transfer-encoding'].includes(name.toLowerCase()))
  // Left alone, Node would frame the empty body of a POST as chunked.
  if (!framed && (sent.body !== null || WRITES.has(sent.method)))
    headers.push('Content-Length', String(Buffer.byteLength(sent.body ?? '')))
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: '127.0.0.1', port, method: sent.method, path: sent.target, headers, agent: false },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', reject)
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          resolve({
            sent,
            status: incoming.statusCode ?? 0,
            ...headersOf(incoming.rawHeaders),
            text,
            json: parse(text),
          })
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(sent.body ?? undefined)
  })
}

function headersOf(raw: readonly string[]): Pick<Answer, 'headers' | 'headerNames'> {
  const headers: Record<string, string> = {}
  for (let index = 0; index < raw.length; index += 2) {
    const name = (raw[index] as string).toLowerCase()
    const value = raw[index + 1] as string
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
  }
  return { headers, headerNames: Object.keys(headers).filter((name) => !HOP_BY_HOP.has(name)) }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What a denial shows to whoever compares it with a miss: everything but the request's own id, the date and what is left of limits. */
export function shown(answer: Answer): unknown {
  const { requestId: _, ...body } = (answer.json ?? { text: answer.text }) as Record<string, unknown>
  const values = Object.fromEntries(
    answer.headerNames.filter((name) => !OWN_VALUES.has(name)).map((name) => [name, answer.headers[name]]),
  )
  return { status: answer.status, body, headerNames: answer.headerNames, values }
}

const OWN_VALUES = new Set(['x-request-id', 'ratelimit'])
