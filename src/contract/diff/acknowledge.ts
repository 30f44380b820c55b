import type { Change } from './change.ts'
import { own } from './own.ts'

/** Somebody's word that a loosening is wanted, until a day. */
export interface Acknowledgement {
  /** The change in words, for whoever reads the lock file. */
  readonly change: string
  readonly reason: string
  /** `2027-01-31`: the last day on which it holds, in UTC. */
  readonly until: string
}
export type Acknowledgements = Readonly<Record<string, Acknowledgement>>

/** A change with what was said of it. */
export interface JudgedChange extends Change {
  readonly acknowledged: { readonly reason: string; readonly until: string; readonly expired: boolean } | null
  /** It loosens, and nobody's word holds today. */
  readonly fails: boolean
}

export function judgeChanges(
  changes: readonly Change[],
  acknowledged: Acknowledgements,
  now: Date,
): readonly JudgedChange[] {
  return changes.map((change) => {
    const known = own(acknowledged, change.id)
    const expired = known !== undefined && hasPassed(known.until, now)
    return {
      ...change,
      acknowledged: known ? { reason: known.reason, until: known.until, expired } : null,
      fails: change.direction === 'loosens' && (known === undefined || expired),
    }
  })
}

export interface Word {
  readonly ids: readonly string[]
  readonly reason: string | undefined
  readonly until: string | undefined
}

/**
 * Adds an acknowledgement for each id; an old one of the same change is replaced.
 * @throws {RangeError} For an id that is no loosening among the changes, without a reason, and without a day to come.
 */
export function acknowledge(
  acknowledged: Acknowledgements,
  changes: readonly Change[],
  { ids, reason = '', until = '' }: Word,
  now: Date,
): Acknowledgements {
  if (reason.trim() === '') throw new RangeError('a reason is missing: --reason "why the change is wanted"')
  if (!isDay(until))
    throw new RangeError(
      `${until === '' ? 'the last day is missing' : `"${until}" is no day`}: --until ${dayOf(now, 90)}`,
    )
  if (hasPassed(until, now)) throw new RangeError(`${until} has passed: name a day to come, --until ${dayOf(now, 90)}`)
  const loosening = new Map(changes.filter(({ direction }) => direction === 'loosens').map((each) => [each.id, each]))
  const added = ids.map((id): [string, Acknowledgement] => {
    const change = loosening.get(id)
    if (!change) {
      const known = loosening.size === 0 ? 'nothing loosens' : `it is one of ${[...loosening.keys()].join(', ')}`
      throw new RangeError(`"${id}" is no change that loosens: ${known}`)
    }
    return [id, { change: change.sentence, reason: reason.trim(), until }]
  })
  return { ...acknowledged, ...Object.fromEntries(added) }
}

/** The day so many days after an instant, in UTC. */
const dayOf = (now: Date, days: number): string =>
  new Date(now.getTime() + days * 86_400_000).toISOString().slice(0, 10)

const hasPassed = (until: string, now: Date): boolean => until < dayOf(now, 0)

function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const date = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
}
