import { type Answer, shown } from './http-client.ts'

/** What an attack found. `broken` says what was seen; an attack that proves nothing throws instead. */
export type Verdict = 'held' | { readonly broken: string }

export const HELD: Verdict = 'held'
export const broken = (what: string, answer?: Answer): Verdict => ({
  broken: answer
    ? `${what}: ${answer.sent.method} ${answer.sent.target} answered ${answer.status} ${answer.text.slice(0, 300)}`
    : what,
})

/** One attack of the catalogue. It carries its own controls, and creates what it destroys. */
export interface Attack<Target> {
  /** Number in the catalogue of attacks. */
  readonly number: number
  readonly title: string
  /** Left out where the target has no users of its own. */
  readonly needs?: 'users'
  run(target: Target): Promise<Verdict>
}

/** The attack proved nothing: its control failed, or the target was busy. Never a pass. */
export class Inconclusive extends Error {
  override readonly name = 'Inconclusive'
}

/** The owner's own request must work, or a denial of somebody else's says nothing. */
export function control(answer: Answer, what = 'the control'): Answer {
  if (answer.status >= 200 && answer.status < 300) return answer
  throw new Inconclusive(
    `${what}: ${answer.sent.method} ${answer.sent.target} answered ${answer.status} ${answer.text.slice(0, 300)}`,
  )
}

/** Success by body as well as status: a problem document is no success, whatever its status. */
export const succeeded = (answer: Answer): boolean =>
  answer.status >= 200 && answer.status < 300 && answer.json?.code === undefined

/**
 * A denial must be a refusal of the request: 429 and 5xx deny nothing.
 * @param alarm - The reply check answers 500 where it holds a leak back; then the caller must see that nothing changed.
 */
export function refused(answer: Answer, alarm: 'or alarmed' | 'not alarmed' = 'not alarmed'): boolean {
  if (answer.status === 500 && alarm === 'or alarmed') return true
  if (answer.status === 429 || answer.status >= 500) {
    throw new Inconclusive(
      `no conclusion: ${answer.sent.method} ${answer.sent.target} answered ${answer.status} ${answer.text.slice(0, 300)}`,
    )
  }
  return answer.status >= 400
}

/** Whether two answers tell their reader the same. */
export const sameAnswer = (one: Answer, other: Answer): boolean =>
  JSON.stringify(shown(one)) === JSON.stringify(shown(other))
