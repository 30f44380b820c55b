import { type LookupAddress, lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { Agent, request } from 'undici'

const mostBytes = 2_000_000
const patience = 4000

const privateV4 = new BlockList()
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  privateV4.addSubnet(net, bits, 'ipv4')
}

const globalV6 = new BlockList()
globalV6.addSubnet('2000::', 3, 'ipv6')
const specialV6 = new BlockList()
specialV6.addSubnet('2001::', 23, 'ipv6')
specialV6.addSubnet('2001:db8::', 32, 'ipv6')
specialV6.addSubnet('2002::', 16, 'ipv6')
specialV6.addSubnet('3fff::', 20, 'ipv6')

function isPublic(ip: string): boolean {
  const family = isIP(ip)
  if (family === 4) return !privateV4.check(ip, 'ipv4')
  return family === 6 && globalV6.check(ip, 'ipv6') && !specialV6.check(ip, 'ipv6')
}

/** Resolves a name and hands on only addresses of the public internet, so that the checked address is the one dialled. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
    const first = found?.[0]
    if (error !== null || first === undefined) return callback(error ?? new Error('no address'), '')
    if (!found.every(({ address }) => isPublic(address))) return callback(new Error('address refused'), '')
    if (options.all === true) return callback(null, found)
    callback(null, first.address, first.family)
  })
}

function allowedUrl(url: URL, publicOnly: boolean): boolean {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return false
  if (url.username !== '' || url.password !== '') return false
  if (!publicOnly) return true
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return url.port === '' && (isIP(host) === 0 || isPublic(host))
}

function imageType(data: Buffer): string | undefined {
  if (data.subarray(0, 8).equals(Buffer.from('89504e470d0a1a0a', 'hex'))) return 'image/png'
  if (data.subarray(0, 3).equals(Buffer.from('ffd8ff', 'hex'))) return 'image/jpeg'
  if (data.toString('latin1', 0, 4) === 'RIFF' && data.toString('latin1', 8, 12) === 'WEBP') return 'image/webp'
  return undefined
}

export function imageFetcher(options: { readonly publicOnly: boolean }) {
  const agent = new Agent(options.publicOnly ? { connect: { lookup: publicLookup, timeout: patience } } : {})
  async function download(url: URL): Promise<Buffer | undefined> {
    const answer = await request(url, { dispatcher: agent, signal: AbortSignal.timeout(patience) })
    if (answer.statusCode !== 200) {
      await answer.body.dump()
      return undefined
    }
    const parts: Buffer[] = []
    let size = 0
    for await (const part of answer.body) {
      size += (part as Buffer).length
      if (size > mostBytes) return undefined
      parts.push(part as Buffer)
    }
    return Buffer.concat(parts)
  }
  return {
    /** The image at this address, or nothing, whatever the cause. Redirects are not followed. */
    async fetchImage(address: string) {
      if (!URL.canParse(address)) return undefined
      const url = new URL(address)
      if (!allowedUrl(url, options.publicOnly)) return undefined
      try {
        const data = await download(url)
        const contentType = data && imageType(data)
        return data === undefined || contentType === undefined ? undefined : { contentType, data }
      } catch {
        return undefined
      }
    },
    close: () => agent.destroy(),
  }
}
