import { AsyncLocalStorage } from 'node:async_hooks'
import { StoreError } from '../../base/store-error.ts'
import { runHook } from '../settle-hook.ts'
import { WaitLine } from '../wait-line.ts'

/** One unit of work: how to undo what it wrote, newest last. */
interface Unit {
  readonly undo: (() => void)[]
  readonly hooks: ((committed: boolean) => void)[]
  /** Writes and nested units that run; the unit ends after them. */
  readonly running: Set<Promise<unknown>>
  open: Promise<void> | null
  holds: boolean
  settled: boolean
  failure: { readonly error: unknown } | null
}

/**
 * Transactions for memory. Like the embedded database, one unit writes at a time and others wait (bounded), so that nobody sees what
 * may still be undone and an undo never overwrites somebody else's write.
 */
export class Journal {
  readonly #units = new AsyncLocalStorage<Unit | null>()
  readonly #line: WaitLine
  #recording: (() => void)[] | null = null
  #closed = false

  constructor(maxWaitMs: number) {
    this.#line = new WaitLine(maxWaitMs)
  }

  /** Runs `step` at once when nobody is in the middle of a unit. The step is synchronous. */
  async read<T>(step: () => T): Promise<T> {
    const unit = this.#present()
    if (unit?.holds || !this.#line.held) return step()
    await this.#line.enter()
    try {
      return step()
    } finally {
      this.#line.leave()
    }
  }

  async write<T>(step: () => T): Promise<T> {
    const unit = this.#present()
    return unit ? follow(unit, () => this.#writeIn(unit, step)) : this.read(step)
  }

  async #writeIn<T>(unit: Unit, step: () => T): Promise<T> {
    unit.open ??= this.#line.enter().then(() => {
      unit.holds = true
    })
    await unit.open
    if (unit.settled) throw ended()
    this.#recording = unit.undo
    try {
      return step()
    } finally {
      this.#recording = null
    }
  }

  /** Writes that commit at once, whatever becomes of the unit around them. */
  async writeAlone<T>(step: () => T): Promise<T> {
    return this.detached(() => this.write(step))
  }

  /** Called by tables for each change of a `write`. */
  record(undo: () => void): void {
    this.#recording?.push(undo)
  }

  async transaction<T>(work: () => Promise<T>): Promise<T> {
    const outer = this.#present()
    if (outer) return follow(outer, work)
    const unit: Unit = {
      undo: [],
      hooks: [],
      running: new Set(),
      open: null,
      holds: false,
      settled: false,
      failure: null,
    }
    try {
      const result = await this.#units.run(unit, work)
      while (unit.running.size > 0) await Promise.all(unit.running)
      if (unit.failure)
        throw new StoreError('an earlier statement of this unit failed; nothing was kept', {
          cause: unit.failure.error,
        })
      await this.#settle(unit, true)
      return result
    } catch (error) {
      if (!unit.settled) await this.#settle(unit, false)
      throw error
    }
  }

  /** Runs `work` outside the present unit. */
  async detached<T>(work: () => Promise<T>): Promise<T> {
    const unit = this.#units.getStore()
    if (unit?.open && !unit.settled)
      throw new TypeError(
        'this unit has written already: what must commit on its own comes before the first write, or outside transaction()',
      )
    return this.#units.run(null, work)
  }

  onSettled(hook: (committed: boolean) => void): void {
    const unit = this.#present()
    if (!unit) throw new TypeError('onSettled() belongs inside transaction(): outside there is nothing to wait for')
    unit.hooks.push(hook)
  }

  /** Calls `effect` once what was just written has committed: now, or at the end of the present unit. */
  afterCommit(effect: () => void): void {
    const unit = this.#present()
    if (unit) unit.hooks.push((committed) => committed && effect())
    else effect()
  }

  inOpenTransaction(): boolean {
    const unit = this.#units.getStore()
    return unit?.open != null && !unit.settled
  }

  assertOpen(): void {
    if (this.#closed) throw new StoreError('the store is closed')
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#line.drained()
    // It costs every promise of the process something, for as long as the process lives.
    this.#units.disable()
  }

  #present(): Unit | null {
    this.assertOpen()
    const unit = this.#units.getStore() ?? null
    if (unit?.settled) throw ended()
    return unit
  }

  async #settle(unit: Unit, committed: boolean): Promise<void> {
    unit.settled = true
    await unit.open?.catch(() => {})
    if (!committed) for (const undo of unit.undo.reverse()) undo()
    if (unit.holds) this.#line.leave()
    for (const hook of unit.hooks) runHook(hook, committed)
  }
}

/** What fails inside takes the unit with it, even if somebody catches the error: half of it must not commit. */
function follow<T>(unit: Unit, work: () => Promise<T>): Promise<T> {
  const running = (async () => work())()
  const noted = running
    .catch((error) => {
      unit.failure ??= { error }
    })
    .finally(() => unit.running.delete(noted))
  unit.running.add(noted)
  return running
}

function ended(): StoreError {
  return new StoreError('this unit of work has ended; await every statement inside transaction()')
}
