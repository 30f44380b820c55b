import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { Operation } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, NotTested, pass, type Verdict } from '../../verdict.ts'
import { freshStep, requireDone } from './flow-operations.ts'

/** Calls that a quota is followed through, where the clock is ours. */
export const MOST_CALLS = 60
/** Calls where real time passes. */
const MOST_IN_REAL_TIME = 10
/** A longer Retry-After is that of the quota, a shorter one that of an ordinary limit. */
const LONGEST_LIMIT_SECONDS = 300

/** How often a caller may take the step, by the contract; null where it does not say. */
export function quotaOf({ extension }: Operation): { readonly count: number; readonly window: string } | null {
  const [count, window] = (extension?.flow?.perPrincipal ?? '').split('/')
  return window === undefined ? null : { count: Number(count), window }
}

/** Takes the step once more than the quota allows, each time on a fresh object, as somebody who needs it for nothing else. */
export async function exceedQuota(operation: Operation, probe: Probe): Promise<Verdict> {
  const quota = quotaOf(operation)
  if (quota === null) return pass()
  const most = probe.timeIsOurs ? MOST_CALLS : MOST_IN_REAL_TIME
  if (quota.count > most || quota.window === 'second' || quota.window === 'minute')
    throw new NotTested(
      `its quota of ${quota.count}/${quota.window} is not followed through here; up to ${MOST_CALLS}/day against the api module, whose clock can be moved`,
    )
  const somebody = await probe.throwaway()
  let first: Answer | null = null
  for (let call = 0; call <= quota.count; call++) {
    const answer = await patiently(operation, somebody, probe)
    first ??= answer
    if (call === 0) requireDone(operation, answer)
    if (!succeeded(answer)) {
      if (answer.status === 0 || answer.status >= 500)
        throw new Inconclusive(`call ${call + 1} was answered ${answer.status}`, answer)
      return pass(`call ${call + 1} is answered ${answer.status}`, first, answer)
    }
    if (call === quota.count)
      return fail(
        `${operation.id} succeeds ${call + 1} times in a ${quota.window}; its contract allows ${quota.count}`,
        first,
        answer,
      )
  }
  return pass()
}

/** Ordinary limits are waited for; the quota's own refusal is what is looked for. */
async function patiently(operation: Operation, as: Identity, probe: Probe): Promise<Answer> {
  const { draft } = await freshStep(operation, as, probe)
  for (let waits = 0; ; waits++) {
    const answer = await probe.send(draft, as, { anyStatus: true, meetsLimits: true })
    const seconds = Number(answer.headers['retry-after'] ?? 'NaN')
    if (answer.status !== 429 || waits === 2 || !(seconds <= LONGEST_LIMIT_SECONDS)) return answer
    await probe.wait(seconds * 1000 + 50)
  }
}
