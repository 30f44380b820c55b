import { StoreError } from '../../base/store-error.ts'
import type { AuditRecord, AuditRecords } from '../store.ts'
import type { Journal } from './journal.ts'

export class MemoryAuditRecords implements AuditRecords {
  readonly #journal: Journal
  /** One chain a node, ordered by `seq`. */
  readonly #chains = new Map<string, AuditRecord[]>()

  constructor(journal: Journal) {
    this.#journal = journal
  }

  head(node: string): Promise<{ readonly seq: number; readonly hash: string } | null> {
    return this.#journal.read(() => {
      const last = this.#chains.get(node)?.at(-1)
      return last ? { seq: last.seq, hash: last.hash } : null
    })
  }

  append(records: readonly AuditRecord[]): Promise<void> {
    return this.#journal.write(() => {
      const taken = records.find((record) => this.#has(record))
      const seen = new Set(records.map((record) => `${record.node} ${record.seq}`))
      if (taken || seen.size < records.length)
        throw new StoreError('the audit log has a record with this node and sequence number')
      for (const record of records) this.#insert({ ...record })
    })
  }

  read(node: string, afterSeq: number, limit: number): Promise<readonly AuditRecord[]> {
    return this.#journal.read(() => {
      const chain = this.#chains.get(node) ?? []
      const start = firstAfter(chain, afterSeq)
      return chain.slice(start, start + limit)
    })
  }

  nodes(): Promise<readonly string[]> {
    return this.#journal.read(() =>
      [...this.#chains.entries()]
        .filter(([, chain]) => chain.length > 0)
        .map(([node]) => node)
        .sort(),
    )
  }

  #has({ node, seq }: AuditRecord): boolean {
    const chain = this.#chains.get(node) ?? []
    return chain[firstAfter(chain, seq - 1)]?.seq === seq
  }

  #insert(record: AuditRecord): void {
    const chain = this.#chains.get(record.node) ?? []
    this.#chains.set(record.node, chain)
    chain.splice(firstAfter(chain, record.seq), 0, record)
    this.#journal.record(() => chain.splice(chain.indexOf(record), 1))
  }
}

/** Where the first record after `seq` is, by halving. */
function firstAfter(chain: readonly AuditRecord[], seq: number): number {
  let low = 0
  let high = chain.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((chain[middle] as AuditRecord).seq > seq) high = middle
    else low = middle + 1
  }
  return low
}
