import type { Answer } from './engine/exchange.ts'
import { leavesOf } from './pointer.ts'

/** The texts and numbers of a JSON answer; words and numbers of any other. */
export function leafTexts(answer: Answer): ReadonlySet<string> {
  if (answer.json === undefined) return new Set(answer.text.match(/[\w.@-]{6,}/g) ?? [])
  const texts = [...leavesOf(answer.json)].flatMap(({ value }) =>
    typeof value === 'string' || typeof value === 'number' ? [String(value)] : [],
  )
  return new Set(texts)
}

/** Names of fields that change from answer to answer and tell nothing. */
const VOLATILE = /^(request_?id|trace_?id|correlation_?id|instance|timestamp|now|date|nonce|csrf.*)$/i

/** Whether two answers tell their reader different things: status and body, without what changes by itself. */
export function differs(one: Answer, other: Answer): boolean {
  return one.status !== other.status || masked(one) !== masked(other)
}

function masked(answer: Answer): string {
  if (answer.json === undefined) return answer.text
  return JSON.stringify(answer.json, (key, value: unknown) =>
    VOLATILE.test(key) || (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T[\d:.]+Z?$/.test(value)) ? '·' : value,
  )
}
