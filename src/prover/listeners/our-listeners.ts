import { isInside, isLoopback } from '../attacks/loopback.ts'
import type { Probe } from '../probe.ts'
import { NotTested } from '../verdict.ts'
import { type Listener, startListener } from './listener.ts'

const LOOPBACK = ['127.0.0.1', '::1']

/**
 * One listener for the run at the address that the target can reach: what it may call, unless it refuses this machine.
 * @throws {NotTested} Where no such address is known.
 */
export function outerListener(probe: Probe): Promise<Listener> {
  const { callback } = probe.run
  if (callback === null)
    throw new NotTested('the target cannot reach a listener of ours; name an address that it can: --callback host:port')
  const { hostname, port } = new URL(`http://${callback}`)
  const open = (addresses: readonly string[]) => startListener(addresses, Number(port), hostname)
  return probe.shared(
    'outer listener',
    async () => {
      const address = hostname.replace(/^\[|\]$/g, '')
      try {
        return await open(hostname === 'localhost' ? LOOPBACK : [address])
      } catch (error) {
        // A name or address that leads here from outside is not one of this machine's own.
        if (!isLoopback(hostname) && port !== '') return open(['0.0.0.0'])
        throw new NotTested(`no listener can be opened at ${callback}: ${(error as Error).message}`)
      }
    },
    (listener) => listener.close(),
  )
}

/**
 * A listener for one case at an address that nothing outside may lead to: this machine's own, or a private one. The port is no other case's, so
 * that whoever connects was sent by it.
 * @param more - Further addresses to listen at.
 * @throws {NotTested} Where the target is on another machine and no private address was named.
 */
export async function innerListener(probe: Probe, more: readonly string[] = []): Promise<Listener> {
  const { callback } = probe.run
  const host = callback === null ? null : new URL(`http://${callback}`).hostname
  if (isLoopback(probe.base.hostname)) return startListener([...LOOPBACK, ...more])
  if (host !== null && isInside(host)) {
    const address = host.replace(/^\[|\]$/g, '')
    return startListener([address], 0, host).catch((error: Error) => {
      throw new NotTested(`no listener can be opened at ${host}: ${error.message}`)
    })
  }
  throw new NotTested(
    'the target runs on another machine, whose inside nobody can watch from here; attack the API where it runs on this machine, ' +
      'or name a private address that it can reach: --callback',
  )
}
