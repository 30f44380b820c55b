import type { Answer } from '../../engine/exchange.ts'

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
