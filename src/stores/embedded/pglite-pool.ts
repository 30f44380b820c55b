import { type PGlite, parse, protocol } from '@electric-sql/pglite'
import { StoreError } from '../../base/store-error.ts'
import type { Connection, ConnectionPool, PipelinedStatement, QueryAnswer } from '../sql/connection.ts'
import { codeOf } from '../sql/units-of-work.ts'
import { WaitLine } from '../wait-line.ts'
import { parameterText } from './parameter-text.ts'
import { StatementNames } from './statement-names.ts'

/** After any other command a table may have another shape. */
const KEEPS_SHAPE = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE', 'BEGIN', 'COMMIT', 'ROLLBACK', 'SET'])
/** "Cached plan must not change result type", and "no such prepared statement". */
const STALE_STATEMENT = new Set(['0A000', '26000'])

/** PGlite as a pool with one connection: whoever wants it waits his turn, not for ever. */
export class PGlitePool implements ConnectionPool {
  readonly #database: PGlite
  readonly #line: WaitLine
  readonly #names = new StatementNames()
  #ending: Promise<void> | null = null

  constructor(database: PGlite, maxWaitMs: number) {
    this.#database = database
    this.#line = new WaitLine(maxWaitMs)
  }

  async connect(): Promise<Connection> {
    if (this.#ending) throw new StoreError('the store is closed')
    await this.#line.enter()
    return new Lease(this.#database, this.#names, () => this.#line.leave())
  }

  end(): Promise<void> {
    this.#ending ??= this.#line.drained().then(() => this.#database.close())
    return this.#ending
  }
}

/** The connection for as long as one unit has it. Afterwards it is dead: a late statement cannot slip into somebody else's transaction. */
class Lease implements Connection {
  readonly #database: PGlite
  readonly #names: StatementNames
  readonly #giveBack: () => void
  #released = false
  #reshaped = false

  constructor(database: PGlite, names: StatementNames, giveBack: () => void) {
    this.#database = database
    this.#names = names
    this.#giveBack = giveBack
  }

  async query(text: string, parameters?: unknown[]): Promise<QueryAnswer> {
    if (parameters !== undefined) return (await this.pipeline([{ text, parameters }]))[0] as QueryAnswer
    this.#requireLive()
    this.#names.dropAll()
    await this.#database.exec(text)
    return { command: 'SCRIPT', rowCount: null, rows: [] }
  }

  /** All statements in one message: PGlite's own `query` takes five for each, at about 100 µs a message. */
  async pipeline(statements: readonly PipelinedStatement[]): Promise<readonly QueryAnswer[]> {
    this.#requireLive()
    const fresh = new Map<string, string>()
    const message = messageOf(statements, this.#names, fresh)
    const answers = await this.#send(message, fresh)
    const results = parse.parseResults(answers, this.#database.parsers)
    for (const { command } of results) this.#follow(command ?? '')
    return results.map(({ command, rowCount, affectedRows, rows }) => ({
      command: command ?? '',
      rowCount: rowCount ?? affectedRows ?? null,
      rows,
    }))
  }

  /** A table's shape changes with DDL, and back again when that is rolled back. */
  #follow(command: string): void {
    const reshapes = !KEEPS_SHAPE.has(command)
    if (reshapes || (command === 'ROLLBACK' && this.#reshaped)) this.#names.dropAll()
    this.#reshaped ||= reshapes
  }

  async #send(message: Uint8Array, fresh: ReadonlyMap<string, string>) {
    try {
      const answers = await this.#database.execProtocolStream(message, { syncToFs: false })
      this.#names.keep(fresh)
      return answers
    } catch (error) {
      this.#names.drop(fresh)
      if (STALE_STATEMENT.has(codeOf(error) ?? '')) this.#names.dropAll()
      throw error
    }
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
function messageOf(
  statements: readonly PipelinedStatement[],
  names: StatementNames,
  fresh: Map<string, string>,
): Uint8Array {
  const { serialize } = protocol
  // Parameters first: one that cannot be written throws before any name was given away.
  const values = statements.map(({ parameters }) => parameters.map(parameterText))
  const parts: Uint8Array[] = []
  for (const [index, { text }] of statements.entries()) {
    // Texts end at a NUL in the protocol: what follows would be read as the next message.
    if (text.includes('\0')) throw new TypeError('a statement must not contain NUL')
    const { name, parse: unknown } = names.of(text, fresh)
    if (unknown) parts.push(serialize.parse({ name, text }))
    parts.push(
      serialize.bind({ statement: name, values: values[index] ?? [] }),
      serialize.describe({ type: 'P' }),
      serialize.execute({}),
    )
  }
  const closing = names.takeDropped().map((name) => serialize.close({ type: 'S', name }))
  return Buffer.concat([...closing, ...parts, serialize.sync()])
}
