import net from 'node:net'
import tls from 'node:tls'
import type { buildConnector } from 'undici'
import type { OutboundTarget } from './outbound-target.ts'

/** A name with more addresses is still vetted as a whole; so many are tried. */
const MAX_ATTEMPTS = 4

export interface PinOptions {
  /** Shared by the attempts, so that one dead address leaves time for the next. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** PEM; instead of the authorities that Node trusts. */
  readonly certificateAuthorities: readonly string[] | undefined
}

/**
 * A connector that dials vetted addresses and nothing else, whatever undici asks for: no name reaches the socket, so nothing
 * is resolved again. TLS names and verifies the host, always (the environment cannot turn it off), from TLS 1.2 (ASVS V12).
 */
export function pinnedConnector(
  target: OutboundTarget,
  addresses: readonly string[],
  options: PinOptions,
): buildConnector.connector {
  return (_asked, callback) => {
    dial(target, addresses.slice(0, MAX_ATTEMPTS), options).then(
      (socket) => callback(null, socket),
      (error: Error) => callback(error, null),
    )
  }
}

async function dial(target: OutboundTarget, addresses: readonly string[], options: PinOptions): Promise<net.Socket> {
  const timeoutMs = Math.ceil(options.timeoutMs / addresses.length)
  const failures: unknown[] = []
  for (const address of addresses) {
    try {
      return await connected(open(target, address, options), target.secure ? 'secureConnect' : 'connect', timeoutMs)
    } catch (failure) {
      if (options.signal.aborted) throw failure
      failures.push(failure)
    }
  }
  throw failures.length === 1
    ? failures[0]
    : new AggregateError(failures, `no address of ${target.host} could be reached`)
}

function open(target: OutboundTarget, address: string, options: PinOptions): net.Socket {
  const to = { host: address, port: target.port, signal: options.signal }
  if (!target.secure) return net.connect(to)
  return tls.connect({
    ...to,
    // RFC 6066 section 3: no address as server name; Node then verifies the certificate against the address itself.
    servername: net.isIP(target.host) > 0 ? '' : target.host,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
    ...(options.certificateAuthorities === undefined ? {} : { ca: [...options.certificateAuthorities] }),
  })
}

function connected(socket: net.Socket, event: 'connect' | 'secureConnect', timeoutMs: number): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const timeout = setTimeout(() => socket.destroy(new Error(`no connection within ${timeoutMs} ms`)), timeoutMs)
    socket.setNoDelay(true)
    socket.once(event, () => {
      clearTimeout(timeout)
      resolve(socket)
    })
    // Stays on: until undici listens, an error without a listener would end the process.
    socket.on('error', (error) => {
      clearTimeout(timeout)
      reject(error)
    })
  })
}
