import type { Answer } from '../../engine/exchange.ts'
import { differs } from '../../telling.ts'

/** Whether two answers tell the same apart from the texts that they repeat. */
export function saysTheSame(one: Answer, sent: string, other: Answer, otherSent: string): boolean {
  return !differs(without(one, sent), without(other, otherSent))
}

function without(answer: Answer, sent: string): Answer {
  if (answer.text.length > 200_000) return answer
  const spellings = [
    JSON.stringify(sent).slice(1, -1),
    sent,
    encodeURIComponent(sent),
    // Apostrophes stay as they are in one and not in the other.
    encodeURIComponent(sent).replaceAll("'", '%27'),
    encodeURIComponent(sent).replaceAll('%20', '+'),
    sent.replaceAll("'", '&#39;').replaceAll('"', '&quot;'),
  ]
  const text = spellings.reduce((held, each) => held.replaceAll(each, '·'), answer.text)
  return { ...answer, text, json: answer.json === undefined ? undefined : parsed(text) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
