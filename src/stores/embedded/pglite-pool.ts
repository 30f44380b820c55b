import type { PGlite } from '@electric-sql/pglite'
import { StoreError } from '../../base/store-error.ts'
import type { Connection, ConnectionPool, QueryAnswer } from '../sql/connection.ts'
import { WaitLine } from '../wait-line.ts'

/** PGlite as a pool with one connection: whoever wants it waits his turn, not for ever. */
export class PGlitePool implements ConnectionPool {
  readonly #database: PGlite
  readonly #line: WaitLine
  #ending: Promise<void> | null = null

  constructor(database: PGlite, maxWaitMs: number) {
    this.#database = database
    this.#line = new WaitLine(maxWaitMs)
  }

  async connect(): Promise<Connection> {
    if (this.#ending) throw new StoreError('the store is closed')
    await this.#line.enter()
    return new Lease(this.#database, () => this.#line.leave())
  }

  end(): Promise<void> {
    this.#ending ??= this.#line.drained().then(() => this.#database.close())
    return this.#ending
  }
}

/** The connection for as long as one unit has it. Afterwards it is dead: a late statement cannot slip into somebody else's transaction. */
class Lease implements Connection {
  readonly #database: PGlite
  readonly #giveBack: () => void
  #released = false

  constructor(database: PGlite, giveBack: () => void) {
    this.#database = database
    this.#giveBack = giveBack
  }

  async query(text: string, parameters?: unknown[]): Promise<QueryAnswer> {
    if (this.#released) throw new StoreError('the connection was given back already')
    if (parameters === undefined) {
      await this.#database.exec(text)
      return { command: 'SCRIPT', rowCount: null, rows: [] }
    }
    const answer = await this.#database.query(text, parameters)
    return { command: answer.command ?? '', rowCount: answer.rowCount ?? answer.affectedRows ?? null, rows: answer.rows }
  }

  /** There is no other connection to make: a broken one is only given back, and whoever comes next finds out. */
  release(): void {
    if (this.#released) return
    this.#released = true
    this.#giveBack()
  }
}
