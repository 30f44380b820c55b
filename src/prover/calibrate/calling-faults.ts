import { lookup } from 'node:dns/promises'
import { request } from 'node:http'
import { createConnection, isIP } from 'node:net'
import { isLoopback } from '../attacks/loopback.ts'
import type { Fault, Passing } from './fault-proxy.ts'

/** An address in a request is called before it is answered. Only addresses of this machine are, which are the prover's own listeners. */
export const callsAddresses = (): Fault => ({
  told: 'an address that a request names is called, wherever it leads',
  async reply(passed, passing) {
    for (const address of addressesIn(passing)) await call(address)
    return passed
  },
})

const ADDRESS = /\b(?:https?|gopher|dict|ftp):\/*[^\s"<>]+/gi

function addressesIn({ target, body }: Passing): readonly URL[] {
  const texts = [decoded(target), body.toString('utf8').replaceAll('\\\\', '\\')]
  return texts.flatMap((text) =>
    [...text.matchAll(ADDRESS)].flatMap(([found]) => (URL.canParse(found) ? [new URL(found)] : [])),
  )
}

function decoded(target: string): string {
  try {
    return decodeURIComponent(target)
  } catch {
    return target
  }
}

/** How many redirects are followed. */
const HOPS = 3

async function call(url: URL, hops = HOPS): Promise<void> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (!(await isOurs(host))) return
  if (url.protocol !== 'http:') return connected(host, Number(url.port))
  const location = await asked(url, host)
  if (location !== null && hops > 0 && URL.canParse(location, url.href)) await call(new URL(location, url), hops - 1)
}

/** This machine, under any of its names. */
async function isOurs(host: string): Promise<boolean> {
  if (isIP(host) > 0 || isLoopback(host)) return isLoopback(host) || host === '0.0.0.0' || host === '::'
  if (host.includes('.') && !/\.?local(host|domain)\.?$/.test(host)) return false
  const found = await lookup(host, { all: true }).catch(() => [])
  return found.length > 0 && found.every(({ address }) => isLoopback(address))
}

/** Where the answer leads; null where nowhere. Read to its end, however long. */
function asked(url: URL, host: string): Promise<string | null> {
  return new Promise((done) => {
    const sent = request({ host, port: url.port, path: `${url.pathname}${url.search}`, agent: false }, (response) => {
      response.resume()
      response.on('close', () => done(response.headers.location ?? null))
    })
    sent.on('error', () => done(null))
    sent.end()
  })
}

/** A connection and a first word, which is enough to be seen; then it waits, as who wants an answer. */
function connected(host: string, port: number): Promise<void> {
  return new Promise((done) => {
    const socket = createConnection({ host, port, timeout: 2000 }, () => socket.write('\u0016\u0003\u0001'))
    socket.on('timeout', () => socket.destroy())
    socket.on('error', () => {})
    socket.on('close', () => done())
  })
}
