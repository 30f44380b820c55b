import net from 'node:net'
import tls from 'node:tls'
import type { WireAnswer } from '../../engine/http-client.ts'

/**
 * Writes exactly these bytes to the origin and reads the first answer, of which status, headers and the beginning of the body count.
 * Silence is status 0 with the failure `timeout`; a connection closed without a word, `reset`.
 */
export function rawExchange(origin: URL, bytes: string, timeoutMilliseconds: number): Promise<WireAnswer> {
  const started = performance.now()
  const host = origin.hostname.replace(/^\[|\]$/g, '')
  const secure = origin.protocol === 'https:'
  const port = origin.port === '' ? (secure ? 443 : 80) : Number(origin.port)
  return new Promise((resolve) => {
    let received = ''
    const done = (failure: WireAnswer['failure']) => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ ...parsedAnswer(received, failure), milliseconds: performance.now() - started })
    }
    const socket = secure
      ? tls.connect({ host, port, ...(net.isIP(host) === 0 ? { servername: host } : {}) }, () =>
          socket.write(bytes, 'latin1'),
        )
      : net.connect({ host, port }, () => socket.write(bytes, 'latin1'))
    const timer = setTimeout(() => done('timeout'), timeoutMilliseconds)
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      received += chunk
      if (received.length > 65_536 || isWhole(received)) done(null)
    })
    socket.on('error', (error: NodeJS.ErrnoException) => done(error.code === 'ECONNREFUSED' ? 'refused' : 'reset'))
    socket.on('close', () => done('reset'))
  })
}

/** As far as it says its own length. */
function isWhole(received: string): boolean {
  const end = received.indexOf('\r\n\r\n')
  if (end === -1) return false
  const length = /\r\ncontent-length:[ \t]*(\d+)/i.exec(received.slice(0, end))?.[1]
  return length === undefined
    ? received.endsWith('0\r\n\r\n') || /^HTTP\/1\.\d (204|304)/.test(received)
    : received.length >= end + 4 + Number(length)
}

function parsedAnswer(received: string, failure: WireAnswer['failure']): Omit<WireAnswer, 'milliseconds'> {
  const [head = '', ...rest] = received.split('\r\n\r\n')
  const [first = '', ...lines] = head.split('\r\n')
  const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(first)?.[1] ?? '0')
  if (status === 0)
    return { status, failure: received === '' ? (failure ?? 'reset') : 'bad-reply', headers: {}, text: '' }
  const headers = lines.flatMap((line): [string, string][] => {
    const colon = line.indexOf(':')
    return colon < 1 ? [] : [[line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]]
  })
  return {
    status,
    failure: null,
    headers: Object.fromEntries(headers),
    text: Buffer.from(rest.join('\r\n\r\n'), 'latin1').toString('utf8'),
  }
}
