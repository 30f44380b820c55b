import type { AuditEvent } from './event.ts'
import { redact } from './redact.ts'

const MAX_TEXT = 1_000
const MAX_ITEMS = 50

/** Events that one record stands for, beside the one that was written first. Milliseconds. */
export interface Repeats {
  readonly count: number
  readonly firstAt: number
  readonly lastAt: number
}

/**
 * The canonical text of an event: JSON with its members in one order, facts by name, instants in UTC (ISO 8601; ASVS 16.2.2).
 * Long texts and lists are cut, so that a caller cannot make a record as large as he likes. JSON escapes every line break, so one record stays one line.
 */
export function eventBody(event: AuditEvent, at: number, repeats?: Repeats): string {
  const text = JSON.stringify({
    at: iso(at),
    type: cut(event.type),
    outcome: event.outcome,
    requestId: cut(event.requestId),
    principal: cut(event.principal),
    tenant: cut(event.tenant),
    addressKey: cut(event.addressKey),
    endpoint: cut(event.endpoint),
    code: cut(event.code),
    detail: cut(event.detail),
    objects: event.objects.slice(0, MAX_ITEMS).map(cut),
    facts: sortedFacts(event.facts),
    ...(repeats === undefined
      ? {}
      : { count: repeats.count, firstAt: iso(repeats.firstAt), lastAt: iso(repeats.lastAt) }),
  })
  return redact(text)
}

function sortedFacts(facts: AuditEvent['facts']): Record<string, unknown> {
  const names = Object.keys(facts).sort().slice(0, MAX_ITEMS)
  const entries = names.map((name) => [cut(name), typeof facts[name] === 'string' ? cut(facts[name]) : facts[name]])
  return Object.fromEntries(entries)
}

function cut<T extends string | null>(text: T): T | string {
  return text !== null && text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
