import type { Attack } from './attack.ts'
import type { OpenCase, Slots } from './engine/slots.ts'

type Phase = Attack['phase']

export interface Scheduled {
  readonly phase: Phase
  /** Those that burn limits are never under way at once where they share this: each would meet what the other spent. */
  readonly operation: string | null
}

const PHASES: readonly Phase[] = ['normal', 'destructive', 'exhausting']

/**
 * Runs cases by phase: what destroys comes late, and what burns limits or sessions last, one at a time (rules j, n).
 * A case that only waits for a limit keeps nobody back: others go on meanwhile, if need be those of the next phase.
 * @param width - Cases that work at a time.
 */
export function inPhases<T extends Scheduled>(
  cases: readonly T[],
  width: number,
  slots: Slots,
  work: (one: T) => Promise<void>,
): Promise<void> {
  const waiting = PHASES.map((phase) => cases.filter((each) => each.phase === phase))
  const open = new Map<T, OpenCase>()
  return new Promise((done, failed) => {
    const isBusy = (phases: readonly Phase[]) =>
      [...open].filter(([{ phase }, { isAway }]) => !isAway && phases.includes(phase)).length
    const next = (): T | undefined => {
      for (const [at, phase] of PHASES.entries()) {
        const left = waiting[at] as T[]
        if (isBusy(PHASES.slice(0, at)) > 0) return undefined
        if (left.length === 0) continue
        if (isBusy(PHASES) >= (phase === 'exhausting' ? 1 : width)) return undefined
        const free = left.findIndex((each) => phase !== 'exhausting' || !sharesWithOpen(each))
        return free === -1 ? undefined : left.splice(free, 1)[0]
      }
      return undefined
    }
    const sharesWithOpen = ({ operation }: T) =>
      [...open.keys()].some((each) => each.phase === 'exhausting' && each.operation === operation)
    const fill = () => {
      for (let one = open.size < MOST_OPEN ? next() : undefined; one; one = open.size < MOST_OPEN ? next() : undefined)
        begin(one)
      if (open.size === 0 && waiting.every(({ length }) => length === 0)) done()
    }
    const begin = (one: T) => {
      slots
        .hold(
          () => work(one),
          (held) => open.set(one, held),
        )
        .finally(() => open.delete(one))
        .then(fill, failed)
    }
    slots.onRoom = fill
    fill()
  })
}

/** Cases that are under way, waiting ones included: a target that limits everything shall not be waited for by all at once. */
const MOST_OPEN = 64
