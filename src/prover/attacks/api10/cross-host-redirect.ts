import type { Attack } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Hit } from '../../listeners/listener.ts'
import { startListener } from '../../listeners/listener.ts'
import { redirecting, saying } from '../../listeners/replies.ts'
import type { Probe } from '../../probe.ts'
import { fail, NotTested, pass, type Verdict } from '../../verdict.ts'
import { answersOf, SHOT_REQUESTS } from '../api7/bait.ts'
import type { UrlCase } from '../api7/url-inputs.ts'
import { isInside, isLoopback } from '../loopback.ts'
import { openUpstream, UPSTREAM_REQUESTS, upstreamCases } from './upstream.ts'

const STATUSES = [307, 302]

export const crossHostRedirect: Attack = {
  id: 'cross-host-redirect',
  number: 127,
  risk: 'API10',
  severity: 'medium',
  cwe: 601,
  title: 'A redirect of another service is followed to any host',
  references: ['OWASP API10:2023', 'RFC 9110 section 15.4', 'ASVS 5.0 15.3.2'],
  maxRequests: UPSTREAM_REQUESTS + STATUSES.length * SHOT_REQUESTS,
  oracle:
    'A listener of ours that redirects to a second one brings the API there; low where it takes neither body nor credential along.',
  fix: 'Follow no redirects by default; where one is expected, only to hosts of a list, without body and credentials.',
  phase: 'normal',
  cases: (plan) => upstreamCases(plan, 3),
  run: (it, probe) => (it.operation === null ? Promise.resolve(pass()) : redirected(it as UrlCase, probe)),
}

async function redirected(it: UrlCase, probe: Probe): Promise<Verdict> {
  const { listener, ask } = await openUpstream(probe, it)
  const { hostname } = new URL(listener.url('/'))
  if (!isLoopback(hostname) && !isInside(hostname))
    throw new NotTested(`${hostname} leads to one port of this machine, and a second listener needs another`)
  const second = await startListener([hostname === 'localhost' ? '127.0.0.1' : hostname.replace(/^\[|\]$/g, '')])
  try {
    for (const status of STATUSES) {
      const to = `/${probe.nonce()}`
      second.answer(to, saying('{}'))
      const asked = await ask(redirecting(second.url(to), status))
      const [hit] = await second.awaited(to, 150)
      if (hit) return followed(it.operation.id, status, hit, listener.hits(asked.path)[0], answersOf(asked))
    }
    return pass('redirects to another host are not followed')
  } finally {
    await second.close()
  }
}

function followed(
  operation: string,
  status: number,
  hit: Hit,
  first: Hit | undefined,
  answers: readonly Answer[],
): Verdict {
  const carried = [
    ...(hit.body !== '' && hit.body === first?.body ? ['the body'] : []),
    ...['authorization', 'cookie', 'x-api-key'].filter((name) => hit.headers[name] !== undefined),
  ]
  const verdict = fail(
    `${operation} follows a redirect (${status}) to another host` +
      `${carried.length > 0 ? ` and takes ${carried.join(', ')} along` : ''}`,
    ...answers,
  )
  return carried.length > 0 ? verdict : { ...verdict, severity: 'low' }
}
