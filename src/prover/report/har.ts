import { STATUS_CODES } from 'node:http'
import type { Exchange } from '../engine/exchange.ts'
import type { RunRecord } from './run-record.ts'

/** HAR 1.2 of the exchanges, in their order. Secrets are placeholders; the record must have been read with all exchanges. */
export function formatHar({ turnpike, plan, runId, exchanges }: RunRecord): string {
  const log = {
    version: '1.2',
    creator: { name: 'Turnpike', version: turnpike },
    comment: `${plan.title}, run ${runId}`,
    pages: [],
    entries: [...exchanges.values()].sort((a, b) => a.number - b.number).map(entryOf),
  }
  return `${JSON.stringify({ log }, null, 2)}\n`
}

const entryOf = ({ number, purpose, as, at, request, response, milliseconds }: Exchange) => ({
  startedDateTime: at,
  time: milliseconds,
  request: {
    method: request.method,
    url: request.url,
    httpVersion: 'HTTP/1.1',
    cookies: [],
    headers: request.headers.map(([name, value]) => ({ name, value })),
    queryString: queryOf(request.url),
    ...(request.body === null
      ? {}
      : { postData: { mimeType: headerOf(request.headers, 'content-type'), text: request.body } }),
    headersSize: -1,
    bodySize: request.body === null ? 0 : Buffer.byteLength(request.body),
  },
  response: {
    status: response.status,
    statusText: response.failure ?? STATUS_CODES[response.status] ?? '',
    httpVersion: 'HTTP/1.1',
    cookies: [],
    headers: Object.entries(response.headers).flatMap(([name, value]) =>
      value.split(name === 'set-cookie' ? '\n' : '\0').map((each) => ({ name, value: each })),
    ),
    content: {
      size: Buffer.byteLength(response.body),
      mimeType: response.headers['content-type'] ?? '',
      text: response.body,
    },
    redirectURL: response.headers.location ?? '',
    headersSize: -1,
    bodySize: -1,
  },
  cache: {},
  timings: { send: 0, wait: milliseconds, receive: 0 },
  comment: `${number}: ${as}, ${purpose}`,
})

const headerOf = (headers: Exchange['request']['headers'], wanted: string): string =>
  headers.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? ''

/** As it was sent: a broken escape stays what it is. */
function queryOf(url: string): { readonly name: string; readonly value: string }[] {
  const start = url.indexOf('?')
  const query = start < 0 ? '' : (url.slice(start + 1).split('#')[0] ?? '')
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=')
      return equals < 0
        ? { name: decoded(pair), value: '' }
        : { name: decoded(pair.slice(0, equals)), value: decoded(pair.slice(equals + 1)) }
    })
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
