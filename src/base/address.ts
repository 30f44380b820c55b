import ipaddr from 'ipaddr.js'

export type Address = ipaddr.IPv4 | ipaddr.IPv6

/** Parses an address in canonical notation; IPv4-mapped IPv6 becomes IPv4. Null for anything else, zones and octal included. */
export function parseAddress(text: string): Address | null {
  if (text.includes('%')) return null
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text)
  if (!text.includes(':') || !ipaddr.IPv6.isValid(text)) return null
  const address = ipaddr.IPv6.parse(text)
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address
}

/**
 * The key under which an address is counted: an IPv4 address as it is, an IPv6 address by its /64 (one customer, RFC 6177).
 * Every spelling of an address is one key.
 */
export function addressKey(address: Address): string {
  if (address.kind() === 'ipv4') return address.toString()
  const parts = (address as ipaddr.IPv6).parts
  return `${parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`
}

export type AddressRange = readonly [Address, number]

/**
 * Parses `10.0.0.0/8`, `::1/128` or a single address.
 * @throws {RangeError} On anything else. An IPv4-mapped range needs a prefix of 96 or more, so that `::ffff:10.0.0.0/8` cannot mean everyone.
 */
export function parseRange(text: string): AddressRange {
  const [base = '', bits, ...rest] = text.split('/')
  const address = parseAddress(base)
  const mapped = base.includes(':') && address?.kind() === 'ipv4'
  const width = address?.kind() === 'ipv4' ? 32 : 128
  const given = bits === undefined ? (mapped ? 128 : width) : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN
  const prefix = mapped ? given - 96 : given
  if (!address || rest.length > 0 || !(prefix >= 0 && prefix <= width)) {
    throw new RangeError(`"${text}" is no address range; write for example "10.0.0.0/8" or "fd00::/8"`)
  }
  return [address, prefix]
}

export function inRanges(address: Address, ranges: readonly AddressRange[]): boolean {
  return ranges.some(([base, prefix]) => base.kind() === address.kind() && address.match(base, prefix))
}
