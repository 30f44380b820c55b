import type { Sender } from '../engine/engine.ts'
import type { Answer, Draft } from '../engine/exchange.ts'
import type { Identity } from '../identities.ts'
import type { Probe } from '../probe.ts'

/**
 * An answer of any status, other 5xx too, where an error is what is asked for; limits and a busy target are waited for.
 * Counts as two requests at most.
 * @throws {Inconclusive} When it stays limited, busy or silent.
 */
export async function settled(probe: Probe, draft: Draft, as: Identity | Sender): Promise<Answer> {
  const answer = await probe.send(draft, as, { anyStatus: true })
  const isUnsettled = answer.status === 429 || answer.status === 503 || answer.status === 0
  return isUnsettled ? probe.send(draft, as) : answer
}
