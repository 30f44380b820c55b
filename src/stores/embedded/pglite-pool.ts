import { type PGlite, parse, protocol } from '@electric-sql/pglite'
import { StoreError } from '../../base/store-error.ts'
import type { Connection, ConnectionPool, PipelinedStatement, QueryAnswer } from '../sql/connection.ts'
import { WaitLine } from '../wait-line.ts'
import { parameterText } from './parameter-text.ts'

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
    if (parameters !== undefined) return (await this.pipeline([{ text, parameters }]))[0] as QueryAnswer
    this.#requireLive()
    await this.#database.exec(text)
    return { command: 'SCRIPT', rowCount: null, rows: [] }
  }

  /** All statements in one message: PGlite's own `query` takes five for each, at about 100 µs a message. */
  async pipeline(statements: readonly PipelinedStatement[]): Promise<readonly QueryAnswer[]> {
    this.#requireLive()
    const answers = await this.#database.execProtocolStream(messageOf(statements), { syncToFs: false })
    return parse.parseResults(answers, this.#database.parsers).map((answer) => ({
      command: answer.command ?? '',
      rowCount: answer.rowCount ?? answer.affectedRows ?? null,
      rows: answer.rows,
    }))
  }

  #requireLive(): void {
    if (this.#released) throw new StoreError('the connection was given back already')
  }

  /** There is no other connection to make: a broken one is only given back, and whoever comes next finds out. */
  release(): void {
    if (this.#released) return
    this.#released = true
    this.#giveBack()
  }
}

/** The extended query protocol (PostgreSQL documentation, "Message Flow"): one Sync at the end makes them one transaction. */
function messageOf(statements: readonly PipelinedStatement[]): Uint8Array {
  const { serialize } = protocol
  const parts = statements.flatMap(({ text, parameters }) => {
    // Texts end at a NUL in the protocol: what follows would be read as the next message.
    if (text.includes('\0')) throw new TypeError('a statement must not contain NUL')
    return [serialize.parse({ text }), serialize.bind({ values: parameters.map(parameterText) }), serialize.describe({ type: 'P' }), serialize.execute({})]
  })
  return Buffer.concat([...parts, serialize.sync()])
}
