import type { Attack } from '../../attack.ts'
import { NotTested } from '../../verdict.ts'
import { isLoopback } from '../loopback.ts'
import { reaching, reachRequests } from './reach.ts'
import { notationsOf, reachable, spelled } from './spellings.ts'
import { urlCases } from './url-inputs.ts'

export const encodedAddress: Attack = {
  id: 'encoded-address',
  number: 95,
  risk: 'API7',
  severity: 'high',
  cwe: 918,
  title: 'An inside address in another notation is called',
  references: ['OWASP API7:2023', 'RFC 4291 section 2.5.5', 'RFC 6052 section 2', 'ASVS 5.0 1.3.6'],
  maxRequests: reachRequests(notationsOf('127.0.0.1').length),
  oracle:
    'A listener of ours at an inside address is called by a decimal, octal, hexadecimal, IPv4-mapped, NAT64 or 6to4 spelling of it that this machine can connect to.',
  fix: 'Parse the URL once, judge the parsed address and not its text, unwrap IPv4 in IPv6, and connect to what was judged.',
  phase: 'normal',
  cases: (plan) => urlCases(plan, 4, 'any'),
  run: (it, probe) =>
    reaching(async (inside) => {
      const ipv4 = isLoopback(inside.host) ? '127.0.0.1' : inside.host
      if (!/^[\d.]+$/.test(ipv4)) throw new NotTested(`${ipv4} is no IPv4 address, which alone has other notations`)
      const all = notationsOf(ipv4)
      return spelled(inside, ipv4 === '127.0.0.1' ? await reachable(probe, all) : all)
    })(it, probe),
}
