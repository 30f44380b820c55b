import type { Attack, Case } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Probe } from '../../probe.ts'
import { fail, NotTested, pass } from '../../verdict.ts'
import { basePath } from '../path-spellings.ts'
import { heavyCases, type Light, lightRequest } from './heavy-body.ts'
import { drip } from './held-connection.ts'

export interface SlowRequestOptions {
  /** How long a connection is held, seconds. Default 12. */
  readonly patienceSeconds?: number
  /** From so many seconds on, being held open is a fault; before, servers of good standing still wait. Default 90. */
  readonly tellingSeconds?: number
}

/** One connection whose headers, and one whose body, never end. They are held until it tells where the run may wait so long. */
export function slowRequestWith({ patienceSeconds = 12, tellingSeconds = 90 }: SlowRequestOptions = {}): Attack {
  return {
    id: 'slow-request',
    number: 77,
    risk: 'API4',
    severity: 'medium',
    cwe: 400,
    title: 'A request that never ends keeps its connection',
    references: ['OWASP API4:2023', 'RFC 9110 section 15.5.9', 'ASVS 5.0 15.2.2'],
    maxRequests: 3,
    oracle: `A connection whose headers or body come a byte at a time is still open after ${tellingSeconds} s.`,
    fix: 'Bound the time for the headers and for the whole request (a few seconds and half a minute), and close with 408.',
    phase: 'exhausting',
    cases: heavyCases,
    async run(it: Case, probe) {
      if (probe.timeIsOurs)
        throw new NotTested(
          'how long a connection may live is set where the API runs; attack the running server by its URL',
        )
      const { maxWaitSeconds } = probe.run.engine.limits
      const seconds = maxWaitSeconds > tellingSeconds ? tellingSeconds + 1 : patienceSeconds
      const light = await lightRequest(probe, it)
      const { draft, owner } = light
      const path = `${basePath(probe.base)}${draft.path}`
      const [headers, body] = await Promise.all([
        held(probe, `GET ${path}`, '', 'X-Drop: 1\r\n', seconds, 'nobody'),
        held(probe, ...(await openBody(light, path)), ' ', seconds, owner.name),
      ])
      const open = [headers, body].filter(({ failure }) => failure === 'timeout')
      const which = [...(open.includes(headers) ? ['headers'] : []), ...(open.includes(body) ? ['body'] : [])].join(
        ' and ',
      )
      if (open.length === 0) return pass('both are ended by the other side', headers, body)
      if (seconds < tellingSeconds)
        throw new NotTested(
          `a connection that never ends its ${which} is still open after ${seconds} s; whether it ever ends is seen with --max-wait ${tellingSeconds + 1}`,
        )
      return fail(`a connection that never ends its ${which} is still open after ${seconds} s`, ...open)
    },
  }
}

export const slowRequest: Attack = slowRequestWith()

/** With a credential: a body that is refused before it is read holds nothing. */
async function openBody({ draft, owner }: Light, path: string): Promise<readonly [line: string, rest: string]> {
  const session = await owner.session()
  const query = session.query.map((pair) => pair.map(encodeURIComponent).join('=')).join('&')
  const lines = [
    ...session.headers,
    ...draft.headers,
    ['Content-Type', 'application/json'],
    ['Content-Length', '60000'],
  ]
  const rest = `${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n{`
  return [`${draft.method} ${path}${query === '' ? '' : `?${query}`}`, rest]
}

/** So many drops at most: a server that ends a request for the number of its headers has not ended it for its time. */
const DROPS = 40

function held(probe: Probe, line: string, rest: string, drop: string, seconds: number, as: string): Promise<Answer> {
  const [method = '', target = ''] = line.split(' ')
  const start = `${line} HTTP/1.1\r\nHost: ${probe.base.host}\r\nX-Turnpike-Run: ${probe.run.engine.runId}\r\n${rest}`
  return probe.byHand({ method, url: `${probe.base.origin}${target}` }, as, () =>
    drip(probe.base, {
      start,
      drop,
      everyMilliseconds: Math.max(500, (seconds * 1000) / DROPS),
      patienceMilliseconds: seconds * 1000,
    }),
  )
}
