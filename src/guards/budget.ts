import { Refusal } from '../base/refusal.ts'
import { isOpen } from '../contract/api.ts'
import type { Endpoint } from '../contract/endpoint.ts'
import type { Principal } from '../contract/principal.ts'
import type { Budget, Spent } from '../stores/store.ts'

/** A budget with the name under which clients see it in RateLimit headers. */
export interface NamedBudget extends Budget {
  readonly name: string
}

/** Step 5: the budgets of a request that need no input: by address on public endpoints, by principal elsewhere (OWASP API4). */
export function budgetsOf(endpoint: Endpoint, addressKey: string, principal: Principal): readonly NamedBudget[] {
  const byAddress = isOpen(endpoint) || principal.kind === 'nobody'
  const { count, windowSeconds } = endpoint.limit.rate
  return [
    {
      name: byAddress ? 'address' : 'principal',
      key: byAddress ? `a:${addressKey}:${endpoint.id}` : `p:${principal.key}:${endpoint.id}`,
      limit: count,
      windowSeconds,
      cost: endpoint.limit.cost,
    },
  ]
}

/** Step 7: the budgets counted by validated input, such as the account that a login names; a device known to the identity has its own. */
export function inputBudgetsOf(
  endpoint: Endpoint,
  input: { readonly body: unknown; readonly query: unknown },
  deviceId: string | null = null,
): readonly NamedBudget[] {
  return endpoint.limit.by.map(({ key, count, windowSeconds }) => {
    const holder = input[key.from]
    const value =
      typeof holder === 'object' && holder !== null ? (holder as Record<string, unknown>)[key.name] : undefined
    return {
      name: key.name,
      key: `i:${endpoint.id}:${key.from}.${key.name}:${deviceId ?? ''}:${spelling(value)}`,
      limit: count,
      windowSeconds,
      cost: endpoint.limit.cost,
    }
  })
}

/** One key for every spelling of an account: the look-up's own normalization (lesson: lockout keys). */
function spelling(value: unknown): string {
  return typeof value === 'string' ? value.trim().normalize('NFC').toLowerCase() : JSON.stringify(value ?? null)
}

export interface NamedSpent extends Spent {
  readonly name: string
  readonly limit: number
  readonly windowSeconds: number
}

export function nameSpent(budgets: readonly NamedBudget[], spent: readonly Spent[]): readonly NamedSpent[] {
  return budgets.map(({ name, limit, windowSeconds }, index) => {
    const given = spent[index]
    if (!given) throw new RangeError('the store answered for fewer budgets than it was asked')
    const { allowed, remaining, resetSeconds } = given
    return { name, limit, windowSeconds, allowed, remaining, resetSeconds }
  })
}

/** @throws {Refusal} 429 with Retry-After when any budget has no room. */
export function checkBudget(
  spent: readonly NamedSpent[],
  headersOf: (spent: readonly NamedSpent[]) => Readonly<Record<string, string>>,
): void {
  const refused = spent.find(({ allowed }) => !allowed)
  if (refused)
    throw new Refusal('rate_limited', { detail: `budget "${refused.name}" is spent`, headers: headersOf(spent) })
}
