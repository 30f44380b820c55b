import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'

/** One request of the Core Rule Set's own tests. */
export interface CrsInput {
  readonly name: string
  /** 920, 921, 922, 930 or 941. */
  readonly group: number
  /** Whether the rule set expects to let it pass. */
  readonly benign: boolean
  /** As it goes on the wire. */
  readonly bytes: Buffer
  readonly uri: string
  readonly headers: Readonly<Record<string, string>>
  readonly data: string
}

interface Stage {
  readonly input: {
    readonly method?: string
    readonly uri?: string
    readonly version?: string
    readonly headers?: Readonly<Record<string, unknown>>
    readonly data?: unknown
    readonly encoded_request?: string
  }
  readonly output?: { readonly log?: { readonly no_expect_ids?: readonly number[] } }
}
interface Document {
  readonly rule_id: number
  readonly tests: readonly {
    readonly test_id: number
    readonly stages: readonly (Stage | { readonly stage: Stage })[]
  }[]
}

export function readCrsInputs(vectors: string): readonly CrsInput[] {
  const folder = join(vectors, 'crs')
  const files = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.yaml'))
  return files.sort().flatMap((file) =>
    parseAllDocuments(readFileSync(join(folder, file), 'utf8')).flatMap((document) => {
      const read = document.toJS() as Document | null
      return read?.tests ? inputsOf(read) : []
    }),
  )
}

function inputsOf({ rule_id, tests }: Document): readonly CrsInput[] {
  return tests.flatMap(({ test_id, stages }) =>
    stages.map((each, index) => {
      const { input, output } = 'stage' in each ? each.stage : each
      const headers = Object.fromEntries(
        Object.entries(input.headers ?? {}).map(([name, value]) => [name, String(value ?? '')]),
      )
      const data = typeof input.data === 'string' ? input.data : ''
      return {
        name: `${rule_id}-${test_id}.${index}`,
        group: Math.floor(rule_id / 1000),
        benign: output?.log?.no_expect_ids !== undefined,
        bytes:
          input.encoded_request === undefined
            ? bytesOf(input, headers, data)
            : Buffer.from(input.encoded_request, 'base64'),
        uri: input.uri ?? '/',
        headers,
        data,
      }
    }),
  )
}

function bytesOf(input: Stage['input'], headers: Readonly<Record<string, string>>, data: string): Buffer {
  const given = Object.keys(headers).map((name) => name.toLowerCase())
  const framing = data !== '' && !given.includes('content-length') && !given.includes('transfer-encoding')
  const lines = [
    `${input.method ?? 'GET'} ${input.uri ?? '/'} ${input.version ?? 'HTTP/1.1'}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(framing ? [`Content-Length: ${Buffer.byteLength(data)}`] : []),
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${data}`)
}

/** The texts of a request that a parameter or a body would carry: what is behind `=` in query and form, and both as a whole. */
export function payloadsOf({ uri, data, headers }: CrsInput): readonly string[] {
  const query = uri.includes('?') ? uri.slice(uri.indexOf('?') + 1) : ''
  const values = [query, data].flatMap((text) => text.split('&').flatMap((pair) => [pair.slice(pair.indexOf('=') + 1)]))
  const all = [...values, ...values.map(decoded), query, data, decoded(uri), ...Object.values(headers)]
  return [...new Set(all)].filter((text) => text !== '')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
