import { type Address, addressKey, parseAddress } from '../../base/address.ts'

/** An address with the key under which it is counted. */
export interface LocatedAddress {
  readonly address: Address
  readonly key: string
  readonly loopback: boolean
}

/** Parsing an IPv6 spelling costs as much as the rest of the guard, and a peer sends many requests: two generations are remembered. */
const GENERATION = 2048
let young = new Map<string, LocatedAddress>()
let old = new Map<string, LocatedAddress>()

/** Reads an address as text; null when it is none. */
export function locateAddress(text: string): LocatedAddress | null {
  const known = young.get(text)
  if (known) return known
  const found = old.get(text) ?? parse(text)
  if (!found) return null
  if (young.size >= GENERATION) {
    old = young
    young = new Map()
  }
  young.set(text, found)
  return found
}

function parse(text: string): LocatedAddress | null {
  const address = parseAddress(text)
  return address && { address, key: addressKey(address), loopback: address.range() === 'loopback' }
}
