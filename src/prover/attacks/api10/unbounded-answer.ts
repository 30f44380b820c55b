import type { Attack, Case, Untested } from '../../attack.ts'
import { dripping, flooding, type Taken } from '../../listeners/replies.ts'
import type { Probe } from '../../probe.ts'
import { fail, Inconclusive, pass, type Verdict } from '../../verdict.ts'
import { answersOf, SHOT_REQUESTS } from '../api7/bait.ts'
import type { UrlCase } from '../api7/url-inputs.ts'
import { openUpstream, UPSTREAM_REQUESTS, upstreamCases } from './upstream.ts'

/** More than any answer of a service. */
const MOST_BYTES = 64_000_000
/** What two sockets hold without anybody reading. */
const BUFFERED_BYTES = 8_000_000
/** A drip lasts at most so long, and twice the time limit of a request at most. Milliseconds. */
const LONGEST = 20_000

export const unboundedAnswer: Attack = {
  id: 'unbounded-answer',
  number: 126,
  risk: 'API10',
  severity: 'medium',
  cwe: 770,
  title: 'An answer of another service is read without a bound in size or time',
  references: ['OWASP API10:2023', 'CWE-400', 'ASVS 5.0 13.1.3'],
  maxRequests: UPSTREAM_REQUESTS + SHOT_REQUESTS,
  oracle: `All of ${MOST_BYTES / 1_000_000} MB are read; or, drop by drop, an answer is waited for all of ${LONGEST / 1000} s (or twice the time limit of a request).`,
  fix: 'Count the bytes while reading and stop at a limit; one deadline for look-up, connection, headers and body together.',
  phase: 'exhausting',
  cases: (plan) =>
    upstreamCases(plan, 2).flatMap((each): readonly (Case | Untested)[] =>
      'untested' in each ? [each] : ['endless', 'slow'].map((how) => ({ ...each, variant: `${each.variant}, ${how}` })),
    ),
  async run(it, probe) {
    if (it.operation === null) return pass()
    const longest = Math.min(LONGEST, 2 * probe.run.engine.limits.timeoutMilliseconds)
    const isSlow = it.variant?.endsWith(', slow') === true
    const { reply, taken } = isSlow ? dripping(longest) : flooding(MOST_BYTES)
    return isSlow
      ? slowly(await given(probe, it as UrlCase, reply, longest + 2000), taken, longest)
      : flooded(await given(probe, it as UrlCase, reply, LONGEST), taken)
  },
}

type Given = Awaited<ReturnType<typeof given>>

async function given(
  probe: Probe,
  it: UrlCase,
  reply: Parameters<Awaited<ReturnType<typeof openUpstream>>['ask']>[0],
  limit: number,
) {
  const upstream = await openUpstream(probe, it)
  const asked = await upstream.ask(reply, limit)
  const came = await upstream.listener.awaited(asked.path, 150)
  if (came.length === 0) throw new Inconclusive('the listener was called before, and not this time', asked.answer)
  return { ...asked, id: it.operation.id }
}

function flooded(asked: Given, { bytes, ended }: Taken): Verdict {
  const megabytes = Math.round(bytes / 1_000_000)
  if (ended && bytes >= MOST_BYTES - BUFFERED_BYTES)
    return fail(`${asked.id} reads an answer of ${megabytes} MB to its end`, ...answersOf(asked))
  return pass(`it stops reading after at most ${megabytes} MB`, asked.answer)
}

function slowly(asked: Given, { milliseconds, ended, letGo }: Taken, longest: number): Verdict {
  const seconds = Math.round(milliseconds / 100) / 10
  if (ended && !letGo)
    return fail(`${asked.id} waits ${longest / 1000} s for an answer that drips, and longer`, ...answersOf(asked))
  return pass(`it lets go of an answer that drips after ${seconds} s`, asked.answer)
}
