import { createServer } from 'node:http'
import { type AddressInfo, isIPv6 } from 'node:net'

/** A server of ours that publishes keys and counts who asks for them. */
export interface KeyListener {
  /** Absolute, as the target can reach it. @param path - `/keys/x.json`. */
  url(path: string): string
  /** Publishes a text at a path. */
  publish(path: string, mediaType: string, text: string): void
  /** How often the path was asked for. */
  hits(path: string): number
  close(): Promise<void>
}

/**
 * Listens where the target can reach it.
 * @param callback - Host, or host and port, by which the target reaches us: `127.0.0.1`, `::1`, `attacker.internal:8400`.
 * @throws {Error} When the address cannot be listened on.
 */
export async function startKeyListener(callback: string): Promise<KeyListener> {
  const { hostname, port } = new URL(`http://${isIPv6(callback) ? `[${callback}]` : callback}`)
  const published = new Map<string, { readonly mediaType: string; readonly text: string }>()
  const hits = new Map<string, number>()
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    hits.set(path, (hits.get(path) ?? 0) + 1)
    const found = published.get(path)
    response.writeHead(found ? 200 : 404, { 'Content-Type': found?.mediaType ?? 'text/plain', Connection: 'close' })
    response.end(found?.text ?? '')
  })
  await new Promise<void>((listening, failed) => {
    server.once('error', failed)
    server.listen(port === '' ? 0 : Number(port), hostname.replace(/^\[|\]$/g, ''), listening)
  })
  const origin = `http://${hostname}:${(server.address() as AddressInfo).port}`
  return {
    url: (path) => `${origin}${path}`,
    publish: (path, mediaType, text) => void published.set(path, { mediaType, text }),
    hits: (path) => hits.get(path) ?? 0,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}
