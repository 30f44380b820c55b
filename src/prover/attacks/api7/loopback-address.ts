import type { Attack } from '../../attack.ts'
import { isLoopback } from '../loopback.ts'
import { reaching, reachRequests } from './reach.ts'
import { reachable, spelled } from './spellings.ts'
import { urlCases } from './url-inputs.ts'

const HOSTS = [
  { host: '127.0.0.1', how: 'loopback' },
  { host: 'localhost', how: 'the name of this machine' },
  { host: '[::1]', how: 'IPv6 loopback' },
  { host: '0.0.0.0', how: 'the address of no host' },
  { host: '127.1', how: 'short' },
]

export const loopbackAddress: Attack = {
  id: 'loopback-address',
  number: 94,
  risk: 'API7',
  severity: 'high',
  cwe: 918,
  title: 'The API calls addresses of its own machine or network for its callers',
  references: ['OWASP API7:2023', 'ASVS 5.0 1.3.6', 'ASVS 5.0 13.2.4'],
  maxRequests: reachRequests(HOSTS.length),
  oracle:
    'A listener of ours, at a loopback or private address that nobody outside may lead to, is called; graver when its answer comes back.',
  fix: 'Resolve the host, refuse every address that is not public, and connect to the address that was checked; better, keep a list of hosts.',
  phase: 'normal',
  cases: (plan) => urlCases(plan, 6, 'any'),
  run: (it, probe) =>
    reaching(async (inside) => {
      if (!isLoopback(inside.host)) return spelled(inside, [{ host: inside.host, how: 'a private address' }])
      return spelled(inside, await reachable(probe, HOSTS))
    })(it, probe),
}
