import { lookup as systemLookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { Refusal } from '../../base/refusal.ts'
import { untilAborted } from './deadline.ts'
import type { OutboundTarget } from './outbound-target.ts'
import { publicAddress } from './public-address.ts'

/** Gives every address of a name. Rejects, or gives none, when there is none. */
export type Lookup = (name: string) => Promise<readonly string[]>

export const systemAddresses: Lookup = async (name) => {
  const found = await systemLookup(name, { all: true, verbatim: true })
  return found.map(({ address }) => address)
}

/**
 * Resolves a target once and vets every address; one bad address among several refuses them all.
 * @returns Addresses to dial as they are: the name is not resolved again, so a second answer (rebinding) is never asked for.
 * @throws {Refusal} `outbound_denied`, the same for a name that does not resolve, so that the answer does not map the network.
 */
export async function vettedAddresses(
  target: OutboundTarget,
  options: { readonly lookup: Lookup; readonly loopback: boolean; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const found = isIP(target.host) > 0 ? [target.host] : await resolve(target.host, options.lookup, options.signal)
  if (found.length === 0) throw new Refusal('outbound_denied', { detail: `${target.host} has no address` })
  return found.map((text) => {
    const address = publicAddress(text, options.loopback)
    if (address === null)
      throw new Refusal('outbound_denied', { detail: `${target.host} is at ${text}, which is not public` })
    return address.toString()
  })
}

async function resolve(name: string, lookup: Lookup, signal: AbortSignal): Promise<readonly string[]> {
  try {
    return await untilAborted(lookup(name), signal)
  } catch (cause) {
    throw new Refusal('outbound_denied', { detail: `${name} does not resolve`, cause })
  }
}
