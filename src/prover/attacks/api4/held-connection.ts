import net from 'node:net'
import tls from 'node:tls'
import type { Answer } from '../../engine/exchange.ts'

export type WireText = Omit<Answer, 'exchange' | 'json'>

export interface Dripped {
  /** Sent at once. */
  readonly start: string
  /** Sent again and again until the other side ends it. */
  readonly drop: string
  readonly everyMilliseconds: number
  readonly patienceMilliseconds: number
}

/**
 * Keeps one connection open with a drop at a time, and lets go after the patience: then `failure` is `timeout`.
 * An answer or an end by the other side comes back at once.
 */
export function drip(base: URL, { start, drop, everyMilliseconds, patienceMilliseconds }: Dripped): Promise<WireText> {
  const started = performance.now()
  const secure = base.protocol === 'https:'
  const host = base.hostname.replace(/^\[|\]$/g, '')
  const port = base.port === '' ? (secure ? 443 : 80) : Number(base.port)
  return new Promise((resolve) => {
    const socket = secure
      ? tls.connect({ host, port, servername: net.isIP(host) === 0 ? host : '' })
      : net.connect({ host, port })
    let text = ''
    const end = (failure: WireText['failure']) => {
      clearInterval(drops)
      clearTimeout(patience)
      socket.destroy()
      const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0)
      resolve({
        status,
        failure: status === 0 ? failure : null,
        headers: {},
        text,
        milliseconds: performance.now() - started,
      })
    }
    const drops = setInterval(() => socket.writable && socket.write(drop), everyMilliseconds)
    const patience = setTimeout(() => end('timeout'), patienceMilliseconds)
    socket.once(secure ? 'secureConnect' : 'connect', () => socket.write(start))
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (text.includes('\r\n\r\n') && !text.startsWith('HTTP/1.1 100')) end(null)
    })
    socket.on('error', () => end('reset'))
    socket.on('close', () => end('reset'))
  })
}
