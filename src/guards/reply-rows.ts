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
export async function replyRows(places: readonly Place[], each: AccessData | null, context: Context): Promise<void> {
  for (const resource of new Set(places.map((place) => place.resource))) {
    const rows = places.filter((place) => place.resource === resource).map(({ value }) => value as Row)
    for (const row of rows) if (!inTenant(resource, row, context.principal)) throw leak(resource, row)
    const verdicts = await decideRows(each ?? resource.read.data, new Map([[resource.name, { resource, rows }]]), rows.length, context.principal, context)
    const denied = rows.find((_, index) => verdicts[index] !== true)
    if (denied) throw leak(resource, denied)
  }
}

function leak(resource: AnyResource, row: Row): Refusal {
  return new Refusal('reply_invalid', { detail: `leak prevented: ${resource.name} ${String(row[resource.id])} in the reply is not for this caller` })
}
