import { sql } from 'kysely'
import type { AuditRecord, AuditRecords } from '../store.ts'
import { type Queries, tables } from './queries.ts'

/** A statement takes 65,535 parameters at most; a record has five. */
const RECORDS_A_STATEMENT = 1000

export class SqlAuditRecords implements AuditRecords {
  readonly #queries: Queries

  constructor(queries: Queries) {
    this.#queries = queries
  }

  async head(node: string): Promise<{ readonly seq: number; readonly hash: string } | null> {
    const row = await this.#queries.first(
      tables
        .selectFrom('turnpike_audit')
        .select(['seq', 'hash'])
        .where('node', '=', node)
        .orderBy('seq', 'desc')
        .limit(1),
    )
    return row ? { seq: Number(row.seq), hash: row.hash } : null
  }

  async append(records: readonly AuditRecord[]): Promise<void> {
    if (records.length === 0) return this.#queries.begin()
    if (records.length <= RECORDS_A_STATEMENT) return this.#insert(records)
    await this.#queries.units.transaction(async () => {
      for (let start = 0; start < records.length; start += RECORDS_A_STATEMENT)
        await this.#insert(records.slice(start, start + RECORDS_A_STATEMENT))
    })
  }

  async #insert(records: readonly AuditRecord[]): Promise<void> {
    const rows = records.map(({ node, seq, previous, hash, body }) => ({ node, seq, previous, hash, body }))
    await this.#queries.change(tables.insertInto('turnpike_audit').values(rows))
  }

  async read(node: string, afterSeq: number, limit: number): Promise<readonly AuditRecord[]> {
    const rows = await this.#queries.rows(
      tables
        .selectFrom('turnpike_audit')
        .selectAll()
        .where('node', '=', node)
        .where('seq', '>', afterSeq)
        .orderBy('seq')
        .limit(limit),
    )
    return rows.map((row) => ({ ...row, seq: Number(row.seq) }))
  }

  /** Jumps from node to node in the index: `distinct` would read every record. */
  async nodes(): Promise<readonly string[]> {
    const jump = sql<{ node: string }>`
      with recursive nodes as (
        (select node from turnpike.turnpike_audit order by node limit 1)
        union all
        select (select node from turnpike.turnpike_audit where node > nodes.node order by node limit 1) from nodes where nodes.node is not null
      )
      select node from nodes where node is not null order by node`
    return (await this.#queries.rows({ compile: () => jump.compile(tables) })).map((row) => row.node)
  }
}
