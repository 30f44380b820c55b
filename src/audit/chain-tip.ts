import type { State } from '../stores/store.ts'
import { genesis, type Head, link } from './chain.ts'

/** What the audit log needs of the state. */
export type AuditState = Pick<State, 'audit' | 'transaction' | 'onSettled' | 'inOpenTransaction'>

/** Records that are written and neither committed nor rolled back yet. */
interface Tentative {
  readonly last: Head
}

/**
 * The end of one node's chain, where units of work queue to append: each link needs the hash before it, so the next unit waits until the
 * last one has settled.
 *
 * The order of locks is always database first, chain second. A unit that waits here already holds its transaction, and whoever holds the
 * chain needs nothing more than its own; the other way round, an embedded database with its single connection would deadlock.
 */
export class ChainTip {
  readonly #state: AuditState
  readonly #node: string
  readonly #onCommitted: (head: Head) => void
  /** Null when it must be read from the store: at the start, and after a rollback, whose outcome a lost connection may have hidden. */
  #committed: Head | null = null
  #tentative: Tentative[] = []
  readonly #waiting: (() => void)[] = []
  #entrance: Promise<unknown> = Promise.resolve()

  constructor(state: AuditState, node: string, onCommitted: (head: Head) => void) {
    this.#state = state
    this.#node = node
    this.#onCommitted = onCommitted
  }

  /** Appends inside the present unit, or in one of its own. @throws {StoreError} */
  append(bodies: readonly string[]): Promise<void> {
    return this.#state.transaction(async () => {
      await this.#state.audit.append([])
      for (;;) {
        const turn = await this.#enter(() => this.#appendNow(bodies))
        if (turn === null) return
        await turn.comes
      }
    })
  }

  /** One at a time looks at the tip and writes. Nobody waits for another unit in here. */
  #enter<T>(step: () => Promise<T>): Promise<T> {
    const entered = this.#entrance.then(step)
    this.#entrance = entered.catch(() => {})
    return entered
  }

  /** @returns Null when it is written; otherwise when to look again. The promise is wrapped, or `await` would wait for it inside. */
  async #appendNow(bodies: readonly string[]): Promise<{ readonly comes: Promise<void> } | null> {
    const base = await this.#base()
    if (base === null) return { comes: this.#nextSettled() }
    const records = link(this.#node, base, bodies)
    const last = records.at(-1)
    if (!last) return null
    const tentative: Tentative = { last }
    this.#tentative.push(tentative)
    try {
      this.#state.onSettled((committed) => this.#settle(tentative, committed))
      await this.#state.audit.append(records)
    } catch (error) {
      this.#settle(tentative, false)
      throw error
    }
    return null
  }

  /** The link to append to; null while another unit's records are undecided. */
  async #base(): Promise<Head | null> {
    const undecided = this.#tentative.at(-1)
    if (!undecided) {
      this.#committed ??= (await this.#state.audit.head(this.#node)) ?? genesis(this.#node)
      return this.#committed
    }
    // Only the unit that wrote them sees undecided records; another one sees them once they are committed, and then they are a base as well.
    const visible = await this.#state.audit.head(this.#node)
    return visible?.hash === undecided.last.hash && this.#tentative.at(-1) === undecided ? undecided.last : null
  }

  #nextSettled(): Promise<void> {
    // It may have settled since the tip was looked at.
    if (this.#tentative.length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #settle(tentative: Tentative, committed: boolean): void {
    const index = this.#tentative.indexOf(tentative)
    if (index < 0) return
    if (committed) {
      // What it was linked to is committed too, even if that unit has not heard yet.
      this.#tentative.splice(0, index + 1)
      this.#committed = tentative.last
      this.#onCommitted(tentative.last)
    } else {
      this.#tentative.splice(index, 1)
      this.#committed = null
    }
    if (this.#tentative.length === 0) for (const wake of this.#waiting.splice(0)) wake()
  }
}
