import { type AddressRange, inRanges } from '../../base/address.ts'
import { Refusal } from '../../base/refusal.ts'
import { type LocatedAddress, locateAddress } from './located-address.ts'

/** What trusted proxies say about the client; null where they say nothing. */
export interface Forwarded {
  readonly client: LocatedAddress | null
  readonly tls: boolean | null
  readonly host: string | null
}

interface Hop {
  readonly for: string | null
  readonly proto: string | null
  readonly host: string | null
}

const PORT = /^(?:([0-9.]+)|\[([0-9A-Fa-f:.]+)\])(?::\d{1,5})?$/
/** One `name=value` of RFC 7239 section 4, with what separates it from the next. */
const PAIR = /\s*([A-Za-z]+)=(?:"((?:[^"\\]|\\[\t\x20-\x7e])*)"|([!#$%&'*+.^_`|~0-9A-Za-z:[\]-]+))\s*(;|,|$)/y
const NOTHING: Forwarded = { client: null, tls: null, host: null }

/**
 * Reads X-Forwarded-For, -Proto, -Host and Forwarded (RFC 7239) of a request that came from a trusted proxy. The addresses are walked from the
 * right to the first one outside the trusted ranges; what stands left of it is the client's own invention and never read.
 * @throws {Refusal} `bad_header` when a visited hop is no address, a single-valued header repeats, or the two spellings disagree.
 */
export function readForwarded(rawHeaders: readonly string[], trusted: readonly AddressRange[]): Forwarded {
  let addresses: string | null = null
  let standard: string | null = null
  let proto: string | null = null
  let host: string | null = null
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    const value = rawHeaders[at + 1] ?? ''
    if (name.length !== 9 && (name.length < 15 || name.length > 17)) continue
    switch (name.toLowerCase()) {
      case 'forwarded':
        standard = standard === null ? value : `${standard}, ${value}`
        break
      case 'x-forwarded-for':
        addresses = addresses === null ? value : `${addresses}, ${value}`
        break
      case 'x-forwarded-proto':
        proto = only(name, proto, value)
        break
      case 'x-forwarded-host':
        host = only(name, host, value)
    }
  }
  const informal =
    addresses === null && proto === null && host === null ? null : fromInformal(addresses, proto, host, trusted)
  if (standard === null) return informal ?? NOTHING
  const formal = fromStandard(standard, trusted)
  if (informal && !agree(informal, formal)) throw bad('Forwarded and X-Forwarded-* disagree')
  return formal
}

function fromInformal(
  list: string | null,
  proto: string | null,
  host: string | null,
  trusted: readonly AddressRange[],
): Forwarded {
  const hops = (list === null ? [] : list.split(',')).map((text) => ({ for: text.trim(), proto: null, host: null }))
  return { client: firstUntrusted(hops, trusted)?.client ?? null, tls: tlsOf(proto), host }
}

function fromStandard(value: string, trusted: readonly AddressRange[]): Forwarded {
  const found = firstUntrusted(parseHops(value), trusted)
  return found ? { client: found.client, tls: tlsOf(found.hop.proto), host: found.hop.host } : NOTHING
}

/** The hop of the client: the right-most outside the trusted ranges, or the left-most when all are inside. */
function firstUntrusted(
  hops: readonly Hop[],
  trusted: readonly AddressRange[],
): { hop: Hop; client: LocatedAddress } | null {
  let last: { hop: Hop; client: LocatedAddress } | null = null
  for (let at = hops.length - 1; at >= 0; at--) {
    const hop = hops[at] as Hop
    const client = addressOf(hop.for)
    last = { hop, client }
    if (!inRanges(client.address, trusted)) return last
  }
  return last
}

function addressOf(text: string | null): LocatedAddress {
  const bare = text === null ? null : PORT.exec(text)
  const found = text === null ? null : (locateAddress(text) ?? locateAddress(bare?.[1] ?? bare?.[2] ?? ''))
  if (!found) throw bad('a trusted proxy forwarded something that is no address')
  return found
}

function parseHops(value: string): Hop[] {
  const hops: Hop[] = []
  let hop: { for: string | null; proto: string | null; host: string | null } = { for: null, proto: null, host: null }
  PAIR.lastIndex = 0
  for (let separator = ','; separator !== ''; ) {
    const pair = PAIR.exec(value)
    if (!pair) throw bad('Forwarded is malformed')
    const name = (pair[1] ?? '').toLowerCase()
    const text = pair[2]?.replace(/\\(.)/g, '$1') ?? pair[3] ?? ''
    if (name === 'for' || name === 'proto' || name === 'host') {
      if (hop[name] !== null) throw bad(`Forwarded repeats ${name} in one element`)
      hop[name] = text
    }
    separator = pair[4] ?? ''
    if (separator !== ';') {
      hops.push(hop)
      hop = { for: null, proto: null, host: null }
    }
  }
  return hops
}

function tlsOf(proto: string | null): boolean | null {
  if (proto === null) return null
  const scheme = proto.toLowerCase()
  if (scheme !== 'http' && scheme !== 'https')
    throw bad('a trusted proxy forwarded a scheme that is neither http nor https')
  return scheme === 'https'
}

function agree(a: Forwarded, b: Forwarded): boolean {
  const same = <T>(x: T | null, y: T | null) => x === null || y === null || x === y
  return (
    same(a.client?.address.toString() ?? null, b.client?.address.toString() ?? null) &&
    same(a.tls, b.tls) &&
    same(a.host, b.host)
  )
}

function only(name: string, before: string | null, value: string): string {
  if (before !== null) throw bad(`${name} is repeated`)
  return value
}

function bad(detail: string): Refusal {
  return new Refusal('bad_header', { detail })
}
