import type ipaddr from 'ipaddr.js'
import { type Address, type AddressRange, inRanges, parseAddress, parseRange } from '../../base/address.ts'

/** All that IANA has given out for global unicast. It leaves out NAT64, IPv4-compatible, site-local, ULA and whatever comes. */
const GLOBAL_UNICAST: readonly AddressRange[] = [parseRange('2000::/3')]
/** Public by number, yet served by the cloud's own host to the machines on it: Azure's WireServer. */
const HOST_SERVICES: readonly AddressRange[] = [parseRange('168.63.129.16')]

/**
 * Reads an address that may be dialled: public unicast, and nothing that a translator could turn into an inner address.
 * An allow-list: what ipaddr.js has no name for must still lie in a range given out for global unicast.
 * @param loopback - Tests only: 127.0.0.0/8 and ::1 pass as well.
 * @returns The address, or null for every other one and for what is no canonical address (IPv4-mapped IPv6 included).
 */
export function publicAddress(text: string, loopback = false): Address | null {
  const address = parseAddress(text)
  if (address === null || (address.kind() === 'ipv4' && text.includes(':'))) return null
  if (loopback && address.range() === 'loopback') return address
  if (address.range() !== 'unicast' || inRanges(address, HOST_SERVICES)) return null
  if (address.kind() === 'ipv4') return address
  return inRanges(address, GLOBAL_UNICAST) && !isIsatap(address as ipaddr.IPv6) ? address : null
}

/** Interface identifiers that carry an IPv4 address (RFC 5214 section 6.1). */
function isIsatap(address: ipaddr.IPv6): boolean {
  const [, , , , flags = 0, marker] = address.parts
  return (flags & ~0x0200) === 0 && marker === 0x5efe
}
