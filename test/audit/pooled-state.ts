import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as tick } from 'node:timers/promises'
import type { AuditState } from '../../src/audit/chain-tip.ts'
import { StoreError } from '../../src/base/store-error.ts'
import type { AuditRecord } from '../../src/stores/store.ts'

interface Unit {
  open: Promise<void> | null
  settled: boolean
  readonly records: AuditRecord[]
  readonly hooks: ((committed: boolean) => void)[]
}

/**
 * A database server in small: several connections, each transaction sees what is committed and what it wrote itself, and a client hears
 * of its commit a little after others can see it.
 */
export class PooledState implements AuditState {
  readonly committed: AuditRecord[] = []
  /** Called before each write and each commit; what it throws is what the server answers. */
  beforeWrite: () => void = () => {}
  /** Called after a commit, before its client hears of it. */
  afterCommit: () => void = () => {}
  readonly #units = new AsyncLocalStorage<Unit>()
  readonly #open = new Set<Unit>()
  readonly #waiting: (() => void)[] = []
  #free: number

  constructor(connections: number) {
    this.#free = connections
  }

  readonly audit: AuditState['audit'] = {
    head: async (node) => {
      await tick()
      const seen = [...this.committed, ...(this.#units.getStore()?.records ?? [])]
      const last = seen.filter((record) => record.node === node).at(-1)
      return last ? { seq: last.seq, hash: last.hash } : null
    },
    append: async (records) => {
      const unit = this.#units.getStore()
      if (!unit) return this.transaction(() => this.audit.append(records))
      await this.#begin(unit)
      await tick()
      if (unit.settled) throw new StoreError('the unit has ended')
      this.beforeWrite()
      const others = [...this.#open].flatMap((other) => other.records)
      for (const { node, seq } of records) {
        if ([...this.committed, ...others].some((other) => other.node === node && other.seq === seq)) {
          throw new StoreError(`record ${seq} exists`)
        }
      }
      unit.records.push(...records)
    },
    read: async (node, afterSeq, limit) =>
      this.committed.filter((record) => record.node === node && record.seq > afterSeq).slice(0, limit),
    nodes: async () => [...new Set(this.committed.map(({ node }) => node))],
  }

  async transaction<T>(work: () => Promise<T>): Promise<T> {
    if (this.#units.getStore()) return work()
    const unit: Unit = { open: null, settled: false, records: [], hooks: [] }
    let committed = false
    try {
      const result = await this.#units.run(unit, work)
      await tick()
      this.beforeWrite()
      this.committed.push(...unit.records)
      this.#open.delete(unit)
      await tick()
      this.afterCommit()
      committed = true
      return result
    } finally {
      this.#end(unit, committed)
    }
  }

  onSettled(hook: (committed: boolean) => void): void {
    const unit = this.#units.getStore()
    if (!unit || unit.settled) throw new TypeError('outside of a unit')
    unit.hooks.push(hook)
  }

  inOpenTransaction(): boolean {
    return this.#units.getStore()?.open != null
  }

  #begin(unit: Unit): Promise<void> {
    unit.open ??= this.#connect().then(() => {
      this.#open.add(unit)
    })
    return unit.open
  }

  async #connect(): Promise<void> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #end(unit: Unit, committed: boolean): void {
    unit.settled = true
    this.#open.delete(unit)
    if (unit.open) {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#free += 1
    }
    for (const hook of unit.hooks) hook(committed)
  }
}
