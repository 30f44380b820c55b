import { after, type Eventually } from '../base/eventually.ts'
import { Refusal } from '../base/refusal.ts'
import type { AccessData } from '../contract/access.ts'
import type { Context } from '../contract/context.ts'
import { decideRows, inTenant } from '../contract/decide.ts'
import type { Place } from '../contract/places.ts'
import type { AnyResource } from '../contract/resource.ts'

type Row = Readonly<Record<string, unknown>>

/**
 * Step 12: every row of a reply is checked again, before projection takes its owner away: the tenant wall, and the endpoint's `each` rule or the
 * resource's own `read` rule. A row that is not the caller's is a 500 and an alarm, never a leak.
 */
export function replyRows(places: readonly Place[], each: AccessData | null, context: Context): Eventually<void> {
  const [first] = places
  if (!first) return undefined
  const { resource } = first
  const rows: Row[] = []
  const others: Place[] = []
  for (const place of places) {
    if (place.resource === resource) rows.push(rowOf(place))
    else others.push(place)
  }
  return after(checkRows(resource, rows, each ?? resource.read.data, context), () => replyRows(others, each, context))
}

/** What is no row at all is the handler's mistake, and said as such. */
function rowOf({ resource, value, at }: Place): Row {
  const id = typeof value === 'object' && value !== null ? (value as Row)[resource.id] : undefined
  if (id === undefined || id === null)
    throw new Refusal('reply_invalid', {
      detail: `reply${at}: what the handler returned is no row of "${resource.name}": it has no ${resource.id}`,
    })
  return value as Row
}

function checkRows(resource: AnyResource, rows: readonly Row[], rule: AccessData, context: Context): Eventually<void> {
  for (const row of rows) if (!inTenant(resource, row, context.principal)) throw leak(resource, row)
  const named = new Map([[resource.name, { resource, rows }]])
  return after(decideRows(rule, named, rows.length, context.principal, context), (verdicts) => {
    const denied = rows.find((_, index) => verdicts[index] !== true)
    if (denied) throw leak(resource, denied)
  })
}

function leak(resource: AnyResource, row: Row): Refusal {
  return new Refusal('reply_invalid', {
    detail: `leak prevented: ${resource.name} ${String(row[resource.id])} in the reply is not for this caller`,
  })
}
