import type { AuditEvent } from './event.ts'
import type { Repeats } from './event-body.ts'

/** An event on its way into the log, with the events it stands for besides itself. */
export interface Noted {
  readonly event: AuditEvent
  readonly at: number
  readonly repeats?: Repeats
}

interface Fold {
  readonly event: AuditEvent
  readonly opensAt: number
  repeats: Repeats | null
}

/**
 * Folds what repeats: of one kind (type, code, endpoint, principal or address) the first refusal or failure passes at once, the others of the
 * next `seconds` become one counted event. At most `maxKinds` kinds are told apart; the rest folds without its principal and address.
 * So an attacker writes a bounded number of records a minute however he varies his requests, and none goes uncounted.
 */
export class Folding {
  readonly #folds = new Map<string, Fold>()
  /** How long a window is open. */
  readonly milliseconds: number
  readonly #maxKinds: number

  constructor(seconds: number, maxKinds: number) {
    this.milliseconds = seconds * 1000
    this.#maxKinds = maxKinds
  }

  /** @returns The event when it must be written now; null when it was counted. */
  take(event: AuditEvent, at: number): AuditEvent | null {
    if (event.outcome === 'success') return event
    const exact = kindOf(event)
    if (this.#count(exact, at)) return null
    const kept = this.#folds.size < this.#maxKinds ? event : anyonesVersion(event)
    const kind = kept === event ? exact : kindOf(kept)
    if (kept !== event && this.#count(kind, at)) return null
    this.#folds.set(kind, { event: kept, opensAt: at, repeats: null })
    return kept
  }

  /** Ends the windows that have passed (a clock that stepped back ends them too) and hands out what they counted. */
  expired(now: number): readonly Noted[] {
    const noted: Noted[] = []
    // The oldest window is the first of the map.
    for (const [kind, fold] of this.#folds) {
      if (Math.abs(now - fold.opensAt) < this.milliseconds) break
      this.#folds.delete(kind)
      noted.push(...counted(fold))
    }
    return noted
  }

  /** Hands out everything counted so far; the windows stay open. */
  drain(): readonly Noted[] {
    return [...this.#folds.values()].flatMap((fold) => {
      const noted = counted(fold)
      fold.repeats = null
      return noted
    })
  }

  get open(): number {
    return this.#folds.size
  }

  #count(kind: string, at: number): boolean {
    const fold = this.#folds.get(kind)
    if (!fold) return false
    const { count = 0, firstAt = at } = fold.repeats ?? {}
    fold.repeats = { count: count + 1, firstAt, lastAt: at }
    return true
  }
}

/** A folded event keeps what its repeats have in common; request, detail and objects were the first one's own. */
function counted({ event, repeats }: Fold): readonly Noted[] {
  if (!repeats) return []
  const common = { ...event, requestId: null, detail: null, objects: [], facts: {} }
  return [{ event: common, at: repeats.lastAt, repeats }]
}

function anyonesVersion(event: AuditEvent): AuditEvent {
  return { ...event, principal: '*', tenant: null, addressKey: '*' }
}

function kindOf(event: AuditEvent): string {
  const who = event.principal === 'nobody' ? event.addressKey : event.principal
  return JSON.stringify([event.type, event.outcome, event.code, event.endpoint, who])
}
