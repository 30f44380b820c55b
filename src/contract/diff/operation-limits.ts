import type { XOperation } from '../from-openapi/read-operation-extension.ts'
import { type Change, changes } from './change.ts'
import type { ComparedOperation } from './compared-operation.ts'
import { compareMaximum, compareMinimum, compareRates } from './order.ts'

type Limit = XOperation['limit']
const UPPER = [
  ['limit-bytes', 'maxBytes'],
  ['limit-timeout', 'timeoutSeconds'],
  ['limit-concurrency', 'concurrency'],
] as const

/** How often, how much, how long, how many at a time. */
export function limitChanges({ place, before, after }: ComparedOperation): readonly Change[] {
  const [was, is] = [before.contract?.limit, after.contract?.limit]
  if (!was || !is) return []
  const cost = { before: was.cost ?? 1, after: is.cost ?? 1 }
  return [
    ...changes(compareRates(was.rate, is.rate), {
      kind: 'limit-rate',
      place,
      subject: 'limit.rate',
      before: was.rate,
      after: is.rate,
    }),
    ...changes(compareMinimum(cost.before, cost.after), { kind: 'limit-cost', place, subject: 'limit.cost', ...cost }),
    ...UPPER.flatMap(([kind, key]) =>
      changes(compareMaximum(was[key], is[key]), {
        kind,
        place,
        subject: `limit.${key}`,
        before: was[key],
        after: is[key],
      }),
    ),
    ...budgets(was, is).flatMap(([subject, one, other]) =>
      changes(compareRates(one, other), { kind: 'limit-key', place, subject, before: one, after: other }),
    ),
  ]
}

/** The further budgets of both sides, by what they count; null where one side has none. */
function budgets(was: Limit, is: Limit): readonly (readonly [string, string | null, string | null])[] {
  const rates = ({ by }: Limit) => new Map(by.map(({ from, name, rate }) => [`${from} ${name}`, rate]))
  const [one, other] = [rates(was), rates(is)]
  return [...new Set([...one.keys(), ...other.keys()])]
    .sort()
    .map((key) => [key, one.get(key) ?? null, other.get(key) ?? null] as const)
}
