import { type Change, changes, neutral } from './change.ts'
import type { ComparedOperation } from './compared-operation.ts'
import { compareMaximum, compareMinimum } from './order.ts'

/** Deprecation and the day on which an old version ends. */
export function lifecycleChanges({ place, before, after }: ComparedOperation): readonly Change[] {
  const [was, is] = [before.deprecated, after.deprecated]
  const since = { before: before.contract?.deprecated ?? null, after: after.contract?.deprecated ?? null }
  const ends = { before: before.contract?.sunset ?? null, after: after.contract?.sunset ?? null }
  const moved = was && is && instant(since.before) !== instant(since.after)
  return [
    ...changes(compareMinimum(Number(was), Number(is)), {
      kind: 'deprecated',
      place,
      subject: 'deprecated',
      before: was,
      after: is,
    }),
    ...(moved
      ? neutral({
          kind: 'deprecated',
          place,
          subject: 'deprecated since',
          ...since,
          sentence: `the deprecation moved: ${since.before ?? 'no date'} → ${since.after ?? 'no date'}`,
        })
      : []),
    ...(before.contract && after.contract
      ? changes(compareMaximum(instant(ends.before), instant(ends.after)), {
          kind: 'sunset',
          place,
          subject: 'sunset',
          ...ends,
        })
      : []),
  ]
}

const instant = (iso: string | null): number | null => (iso === null ? null : Date.parse(iso))
