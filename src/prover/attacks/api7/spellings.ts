import { createConnection } from 'node:net'
import { startListener } from '../../listeners/listener.ts'
import type { Probe } from '../../probe.ts'
import type { Inside, Spelling } from './reach.ts'

/** The address of a host at the listener: a whole URL, or host and port where only those are taken. */
export const addressOf = ({ scheme, port, isHost, path }: Inside, host: string): string =>
  isHost ? `${host}:${port}` : `${scheme}://${host}:${port}${path()}`

/** Other notations of an IPv4 address that parsers take for it (WHATWG URL, inet_aton, RFC 4291, RFC 6052, RFC 3056). */
export function notationsOf(ipv4: string): readonly { readonly host: string; readonly how: string }[] {
  const parts = ipv4.split('.').map(Number)
  const [a = 0, b = 0, c = 0, d = 0] = parts
  const whole = ((a * 256 + b) * 256 + c) * 256 + d
  const hex = (high: number, low: number) => (high * 256 + low).toString(16)
  const halves = `${hex(a, b)}:${hex(c, d)}`
  return [
    { host: String(whole), how: 'decimal' },
    { host: `[::ffff:${ipv4}]`, how: 'IPv4-mapped IPv6' },
    { host: `0x${whole.toString(16)}`, how: 'hexadecimal' },
    { host: `0${a.toString(8)}.${b}.${c}.${d}`, how: 'octal' },
    { host: `[::ffff:${halves}]`, how: 'IPv4-mapped IPv6 in hexadecimal' },
    { host: ipv4.replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))), how: 'full-width digits' },
    { host: `[64:ff9b::${halves}]`, how: 'NAT64' },
    { host: `[2002:${halves}::]`, how: '6to4' },
  ]
}

/** Leaves out what even this machine cannot connect to: that nobody comes by it proves nothing. Asked once a run. */
export async function reachable<T extends { readonly host: string }>(
  probe: Probe,
  hosts: readonly T[],
  more: readonly string[] = [],
): Promise<readonly T[]> {
  const open = await Promise.all(
    hosts.map((each) => probe.shared(`reachable ${each.host}`, () => reaches(each.host, more))),
  )
  return hosts.filter((_each, index) => open[index])
}

async function reaches(host: string, more: readonly string[]): Promise<boolean> {
  const listener = await startListener(['127.0.0.1', '::1', ...more])
  try {
    const { hostname } = new URL(`http://${host}:${listener.port}/`)
    return await connects(hostname.replace(/^\[|\]$/g, ''), listener.port)
  } catch {
    return false
  } finally {
    await listener.close()
  }
}

function connects(host: string, port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = createConnection({ host, port, timeout: 300 })
    const end = (connected: boolean) => {
      socket.destroy()
      done(connected)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
  })
}

/** Hosts as addresses at the listener. */
export const spelled = (
  inside: Inside,
  hosts: readonly { readonly host: string; readonly how: string }[],
): readonly Spelling[] => hosts.map(({ host, how }) => ({ value: addressOf(inside, host), how }))
