import { lookup } from 'node:dns/promises'
import { hostname } from 'node:os'
import type { Attack, Case, Untested } from '../../attack.ts'
import type { Plan } from '../../plan/plan.ts'
import { NotTested } from '../../verdict.ts'
import { isLoopback } from '../loopback.ts'
import { reaching, reachRequests } from './reach.ts'
import { reachable, spelled } from './spellings.ts'
import { urlCases } from './url-inputs.ts'

/** Names that many machines give themselves; where one leads elsewhere it is left out. */
const NAMES = ['ip6-localhost', 'localhost.localdomain', 'localhost.', 'turnpike.localhost', hostname()]

export const rebindingName: Attack = {
  id: 'rebinding-name',
  number: 100,
  risk: 'API7',
  severity: 'high',
  cwe: 350,
  title: 'A name that leads to an inside address is called',
  references: ['OWASP API7:2023', 'CWE-367', 'ASVS 5.0 1.3.6'],
  maxRequests: reachRequests(NAMES.length),
  oracle:
    'A listener of ours at an inside address is called by a name that resolves to it, which a list of forbidden addresses does not see.',
  fix: 'Resolve the name once, judge every address that it has, and connect to a judged address without asking again.',
  phase: 'normal',
  cases,
  run: async (it, probe) => {
    const named = isLoopback(probe.base.hostname) ? await localNames() : []
    if (named.length === 0)
      throw new NotTested(
        'no name of this machine leads to its loopback address, and the target may ask another resolver',
      )
    const addresses = named.flatMap((each) => each.addresses)
    return reaching(async (inside) => {
      const hosts = named.map(({ host }) => ({ host, how: 'a name that leads to the loopback address' }))
      return spelled(inside, await reachable(probe, hosts, addresses))
    }, addresses)(it, probe)
  },
}

function* cases(plan: Plan): Generator<Case | Untested> {
  const found = urlCases(plan, 3)
  yield* found
  const [first] = found
  if (first?.operation)
    yield {
      operation: first.operation,
      untested:
        'a name whose second look-up gives another address needs a name server of ours that the target asks; ' +
        'read in the code whether the address that was checked is the one that is connected to',
    }
}

interface LocalName {
  readonly host: string
  /** Loopback addresses beside the usual ones. */
  readonly addresses: readonly string[]
}

async function localNames(): Promise<readonly LocalName[]> {
  const found = await Promise.all(NAMES.map(async (host) => ({ host, at: await addressesOf(host) })))
  return found.flatMap(({ host, at }): LocalName[] => {
    const isInside = at.length > 0 && at.every((each) => isLoopback(each))
    return isInside ? [{ host, addresses: at.filter((each) => each !== '127.0.0.1' && each !== '::1') }] : []
  })
}

const addressesOf = (name: string): Promise<readonly string[]> =>
  lookup(name, { all: true }).then(
    (all) => all.map(({ address }) => address),
    () => [],
  )
