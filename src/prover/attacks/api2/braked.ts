import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { Probe } from '../../probe.ts'
import { Inconclusive } from '../../verdict.ts'
import { tokenCases } from './token-target.ts'

/** More than a person who forgot needs, and few enough to be no harm. */
export const GUESSES = 15

const WORDS = /captcha|too many|locked|lock(ed)? out|blocked|suspended|temporarily|slow down|try again (in|later)/i

/** What shows that guessing is being slowed down: a status, a header, or words that were not in the first answer. */
export function brakeIn(answer: Answer, first: Answer): string | null {
  if (answer.status === 429 || answer.status === 423) return `status ${answer.status}`
  if (answer.headers['retry-after'] !== undefined) return 'Retry-After'
  const words = WORDS.exec(answer.text)?.[0]
  if (words !== undefined && !WORDS.test(first.text)) return `"${words}"`
  return answer.status !== first.status && answer.status >= 400 && answer.status < 500
    ? `status ${answer.status} after ${first.status}`
    : null
}

/** Requests of `ensureLimitIsIts`. */
export const LIMIT_REQUESTS = 1

/** @throws {Inconclusive} Where other operations are limited as well: then the limit is the whole API's and was used up by the run itself (rule m). */
export async function ensureLimitIsIts(answer: Answer, identity: Identity, probe: Probe): Promise<void> {
  const [other] = tokenCases(probe.plan)
  if (answer.status !== 429 || other === undefined || other.operation === null) return
  const draft = await probe.draft(other.operation, identity)
  const beside = await probe.send(draft, identity, { anyStatus: true, meetsLimits: true })
  if (beside.status === 429)
    throw new Inconclusive('every operation is limited now, so it is no limit of guesses', answer)
}

/** Whether answers became slower by far: the last ones at least three times the first ones, and a third of a second. */
export function isSlowedDown(answers: readonly Answer[]): boolean {
  const times = answers.map(({ milliseconds }) => milliseconds)
  const [start, end] = [median(times.slice(0, 4)), median(times.slice(-4))]
  return end > start * 3 && end - start > 330
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other)
  return sorted[sorted.length >> 1] ?? 0
}
