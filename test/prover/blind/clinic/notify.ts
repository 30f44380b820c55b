import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { BlockList, isIP, isIPv6 } from 'node:net'
import { Agent, fetch } from 'undici'

const inner = new BlockList()
const v4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const
for (const [net, prefix] of v4) inner.addSubnet(net, prefix, 'ipv4')

// Of IPv6 only the global unicast block is the internet, less its tunnels into IPv4.
const global = new BlockList()
global.addSubnet('2000::', 3, 'ipv6')
const tunnels = new BlockList()
tunnels.addSubnet('2001::', 23, 'ipv6')
tunnels.addSubnet('2002::', 16, 'ipv6')

function isPublic(address: string): boolean {
  if (isIPv6(address)) return global.check(address, 'ipv6') && !tunnels.check(address, 'ipv6')
  return isIP(address) === 4 && !inner.check(address, 'ipv4')
}

const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, [])
    if (addresses.length === 0 || !addresses.every(({ address }) => isPublic(address))) {
      return callback(new Error('not a public address'), [])
    }
    if (options.all) return callback(null, addresses)
    return callback(null, addresses[0]?.address ?? '', addresses[0]?.family)
  })
}

const guarded = new Agent({ connect: { lookup: publicLookup, timeout: 3000 }, connections: 4 })

/** A notification URL is https on the usual port, a DNS name, and carries no password. */
export function isAcceptable(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  const host = url.hostname.replace(/\.$/, '')
  if (url.protocol !== 'https:' || url.port !== '' || url.username !== '' || url.password !== '') return false
  if (host.startsWith('[') || isIP(host) !== 0 || !host.includes('.')) return false
  return !/\.(?:localhost|local|internal|home\.arpa)$/.test(host)
}

export function isWebUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}

interface Delivery {
  readonly delivered: boolean
  readonly status: number | null
}

/** Posts the test message. `anywhere`: whatever host, and wherever it redirects to. */
export async function sendTest(url: string, anywhere: boolean): Promise<Delivery> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'pawbook-notify/2' },
      body: JSON.stringify({ event: 'test', sentAt: new Date().toISOString() }),
      signal: AbortSignal.timeout(3000),
      ...(anywhere ? {} : { dispatcher: guarded, redirect: 'manual' as const }),
    })
    await response.body?.cancel()
    return { delivered: response.ok, status: response.status }
  } catch {
    return { delivered: false, status: null }
  }
}
