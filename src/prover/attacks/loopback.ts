import { inRanges, parseAddress, parseRange } from '../../base/address.ts'

const LOOPBACK = [parseRange('127.0.0.0/8'), parseRange('::1/128')]
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', 'fc00::/7', 'fe80::/10'].map(
  parseRange,
)

const addressOf = (hostname: string) => parseAddress(hostname.replace(/^\[|\]$/g, ''))

/** Whether the name of a URL's host is this machine itself. */
export function isLoopback(hostname: string): boolean {
  const address = addressOf(hostname)
  return address === null ? /^(.+\.)?localhost\.?$/i.test(hostname) : inRanges(address, LOOPBACK)
}

/** Whether it is reached from inside a network only: a private address (RFC 1918, RFC 4193), a name of one label, `.internal`, `.local`. */
export function isInside(hostname: string): boolean {
  const address = addressOf(hostname)
  return address === null
    ? !hostname.includes('.') || /\.(internal|local|lan|intranet|corp|home\.arpa)\.?$/i.test(hostname)
    : inRanges(address, PRIVATE)
}
