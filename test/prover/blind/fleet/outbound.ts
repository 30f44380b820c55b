import type { LookupOptions } from 'node:dns'
import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { BlockList, isIP } from 'node:net'
import type { Dispatcher } from 'undici'
import { Agent, fetch } from 'undici'
import { HttpProblem } from './problems.ts'

const TIMEOUT = 4000
const PREVIEW_BYTES = 2048

const notPublic4 = new BlockList()
for (const [network, prefix] of [
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
  notPublic4.addSubnet(network, prefix, 'ipv4')
}

// Of IPv6 only global unicast is public, without tunnels and documentation.
const global6 = new BlockList()
global6.addSubnet('2000::', 3, 'ipv6')
const special6 = new BlockList()
special6.addSubnet('2001::', 23, 'ipv6')
special6.addSubnet('2001:db8::', 32, 'ipv6')
special6.addSubnet('2002::', 16, 'ipv6')
special6.addSubnet('3fff::', 20, 'ipv6')

function isPublicAddress(address: string): boolean {
  const version = isIP(address)
  if (version === 4) return !notPublic4.check(address, 'ipv4')
  return version === 6 && global6.check(address, 'ipv6') && !special6.check(address, 'ipv6')
}

const publicLookup: LookupFunction = (hostname, options: LookupOptions, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      callback(error, '', 0)
      return
    }
    const first = addresses[0]
    if (first === undefined || !addresses.every(({ address }) => isPublicAddress(address))) {
      callback(Object.assign(new Error('address not allowed'), { code: 'ENOTFOUND' }), '', 0)
      return
    }
    if (options.all === true) callback(null, addresses)
    else callback(null, first.address, first.family)
  })
}

export function publicNetworkAgent(): Agent {
  return new Agent({ connect: { lookup: publicLookup, timeout: TIMEOUT } })
}

function refused(): HttpProblem {
  return new HttpProblem(422, 'The URL cannot be used: its host is unknown or not public.')
}

export function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '') {
    throw new HttpProblem(400, 'The URL must be an http(s) URL without credentials.')
  }
  return url
}

/** Refuses a literal address that is not public; names are checked when they are resolved. */
export function refusePrivateLiteral(url: URL): void {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0 && !isPublicAddress(host)) throw refused()
}

export interface Outcome {
  readonly reachable: boolean
  readonly status: number | null
  readonly contentType: string | null
  readonly contentLength: number | null
  readonly preview: string | null
}

export interface OutboundRequest {
  readonly method: 'GET' | 'POST'
  readonly json?: unknown
  readonly redirect: 'manual' | 'follow'
  readonly dispatcher?: Dispatcher
}

async function firstBytes(body: AsyncIterable<Uint8Array> | null): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  if (body !== null) {
    for await (const chunk of body) {
      chunks.push(chunk)
      size += chunk.length
      if (size >= PREVIEW_BYTES) break
    }
  }
  return Buffer.concat(chunks).subarray(0, PREVIEW_BYTES).toString('utf8')
}

function isUnknownHost(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return code === 'ENOTFOUND' || code === 'EAI_AGAIN'
}

export async function send(url: URL, request: OutboundRequest): Promise<Outcome> {
  try {
    const response = await fetch(url, {
      method: request.method,
      redirect: request.redirect,
      signal: AbortSignal.timeout(TIMEOUT),
      headers: {
        'User-Agent': 'fleet-api/2',
        ...(request.json === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(request.json === undefined ? {} : { body: JSON.stringify(request.json) }),
      ...(request.dispatcher === undefined ? {} : { dispatcher: request.dispatcher }),
    })
    const length = response.headers.get('content-length')
    return {
      reachable: true,
      status: response.status,
      contentType: response.headers.get('content-type'),
      contentLength: length === null ? null : Number(length),
      preview: await firstBytes(response.body),
    }
  } catch (error) {
    if (isUnknownHost(error)) throw refused()
    return { reachable: false, status: null, contentType: null, contentLength: null, preview: null }
  }
}
