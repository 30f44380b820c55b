import type { Answer } from '../../engine/exchange.ts'

/** Whether two answers are of one kind: the status, and the names at the top of their bodies. */
export function sameShape(one: Answer, other: Answer): boolean {
  return one.status === other.status && namesOf(one) === namesOf(other)
}

function namesOf({ json, text }: Answer): string {
  if (Array.isArray(json)) return 'list'
  if (typeof json === 'object' && json !== null) return Object.keys(json).sort().join(' ')
  return text === '' ? 'nothing' : typeof json
}
