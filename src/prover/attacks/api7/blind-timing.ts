import type { Attack } from '../../attack.ts'
import { innerListener } from '../../listeners/our-listeners.ts'
import { waiting } from '../../listeners/replies.ts'
import type { Probe } from '../../probe.ts'
import { fail, pass, type Verdict } from '../../verdict.ts'
import { SHOT_REQUESTS, type Shot } from './bait.ts'
import { CONTROL_REQUESTS, held, openBait } from './held.ts'
import { causeOf } from './reach.ts'
import { type UrlCase, urlCases } from './url-inputs.ts'

const ROUNDS = 3
/** How long the slow listener waits; what an answer must take longer, at least. Milliseconds. */
const SLOW = 500
const MARGIN = 300

export const blindTiming: Attack = {
  id: 'blind-timing',
  number: 101,
  risk: 'API7',
  severity: 'medium',
  cwe: 918,
  title: 'The time of an answer tells which inside ports are open',
  references: ['OWASP API7:2023', 'CWE-208', 'ASVS 5.0 1.3.6'],
  maxRequests: 2 * ROUNDS * SHOT_REQUESTS + CONTROL_REQUESTS,
  oracle: `In each of ${ROUNDS} rounds the answer takes at least ${MARGIN} ms longer for a listener of ours that is slow than for a closed port.`,
  fix: 'Refuse inside addresses before anything is connected to; answer at once and call later where callers may name addresses.',
  phase: 'normal',
  cases: (plan) => urlCases(plan, 2),
  run: (it, probe) => (it.operation === null ? Promise.resolve(pass()) : timed(it as UrlCase, probe)),
}

async function timed(it: UrlCase, probe: Probe): Promise<Verdict> {
  const open = await openBait(probe, it)
  const { bait, scheme } = open
  const [slow, closed] = [await innerListener(probe), await innerListener(probe)]
  const at = (port: number, path: string) => `${scheme}://${new URL(slow.url('/')).hostname}:${port}${path}`
  await closed.close()
  slow.holdTls(SLOW)
  try {
    const rounds: { readonly slow: Shot; readonly closed: Shot }[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const path = `/${probe.nonce()}`
      slow.answer(path, waiting(SLOW))
      const pair = { slow: await bait.shoot(at(slow.port, path)), closed: await bait.shoot(at(closed.port, path)) }
      rounds.push(pair)
      // One round without a difference settles it.
      if (longest(pair.slow) - longest(pair.closed) < MARGIN) return await held(probe, open, [pair.slow])
    }
    const [first] = rounds
    const median = (of: 'slow' | 'closed') =>
      Math.round(rounds.map((round) => longest(round[of])).sort((one, other) => one - other)[1] ?? 0)
    return {
      ...fail(
        `${it.operation.id} takes ${median('slow')} ms for an open port of its own machine that is slow, and ${median('closed')} ms for a closed one`,
        ...(first ? [first.closed.answer, first.slow.answer] : []),
      ),
      cause: causeOf(it.operation.id, bait.input.at),
    }
  } finally {
    await slow.close()
  }
}

/** Of the answers to one shot, the one that took longest: the call is made in one of them. */
const longest = ({ answer, later }: Shot): number =>
  Math.max(...[answer, ...later].map(({ milliseconds }) => milliseconds))
