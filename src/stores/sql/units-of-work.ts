import { AsyncLocalStorage } from 'node:async_hooks'
import { StoreError } from '../../base/store-error.ts'
import { runHook } from '../settle-hook.ts'
import type { Connection, ConnectionPool, PipelinedStatement, QueryAnswer } from './connection.ts'
import { type Identity, OWNER, READ_ONLY, stepsBetween } from './identity.ts'
import { isPlainSelect } from './statement-kind.ts'

const READ_ONLY_VIOLATION = '25006'

const BEGIN: PipelinedStatement = { text: 'begin', parameters: [] }

/** One statement and who it runs as. */
export interface Statement extends PipelinedStatement {
  readonly identity: Identity
  /** Written in this package: a select of it surely writes nothing. */
  readonly own: boolean
}

/** One unit of work. Its statements run one after another; its transaction begins at the first that is not a plain select. */
class Unit {
  connection: Connection | null = null
  /** From asking for the connection on: waiting for it counts as open. */
  begun = false
  identity: Identity = OWNER
  settled = false
  failure: { readonly error: unknown } | null = null
  readonly hooks: ((committed: boolean) => void)[] = []
  /** Nested units; the outer one ends after them, so that none is cut in half. */
  readonly nested = new Set<Promise<unknown>>()
  #last: Promise<unknown> = Promise.resolve()

  next<T>(step: () => Promise<T>): Promise<T> {
    const running = this.#last.then(step)
    this.#last = running.catch(() => {})
    return running
  }

  idle(): Promise<unknown> {
    return this.#last
  }
}

/**
 * Which statement runs in which transaction, and as whom. Everything called inside `transaction` joins one unit, found by
 * AsyncLocalStorage; whoever is outside gets a transaction of his own for each statement.
 */
export class UnitsOfWork {
  readonly #pool: ConnectionPool
  readonly #units = new AsyncLocalStorage<Unit | null>()

  constructor(pool: ConnectionPool) {
    this.#pool = pool
  }

  /** Runs one statement. The database's own errors pass through; what the infrastructure cannot do is a StoreError. */
  async run(statement: Statement): Promise<QueryAnswer> {
    const unit = this.#present()
    if (!unit) return this.#alone(statement, false)
    return unit.next(() => this.#inUnit(unit, statement))
  }

  async transaction<T>(work: () => Promise<T>): Promise<T> {
    const outer = this.#present()
    if (outer) return this.#join(outer, work)
    const unit = new Unit()
    let result: T
    try {
      result = await this.#units.run(unit, work)
    } catch (error) {
      await this.#rollback(unit)
      throw error
    }
    await this.#commit(unit)
    return result
  }

  /**
   * Runs `work` outside the present unit: what it writes commits at once, whatever becomes of the unit.
   * @throws {TypeError} When the unit's transaction is open: on one connection the work would wait for itself.
   */
  async detached<T>(work: () => Promise<T>): Promise<T> {
    if (this.inOpenTransaction()) {
      throw new TypeError(
        'this unit has written already: what must commit on its own comes before the first write, or outside transaction()',
      )
    }
    return this.#units.run(null, work)
  }

  /**
   * Begins the present unit's transaction, unless it has begun: from then on it waits for no other unit's connection. Outside of units: nothing.
   * @throws {StoreError} When no connection is free in time, or the unit has failed.
   */
  async begin(): Promise<void> {
    const unit = this.#present()
    await unit?.next(async () => {
      if (unit.failure) throw aborted(unit.failure.error)
      if (!unit.connection) await this.#open(unit, BEGIN)
    })
  }

  onSettled(hook: (committed: boolean) => void): void {
    const unit = this.#present()
    if (!unit) throw new TypeError('onSettled() belongs inside transaction(): outside there is nothing to wait for')
    unit.hooks.push(hook)
  }

  /** Runs `write`, and `effect` once that has committed: right after it, or at the end of the present unit even if nobody awaits it. */
  async withEffect<T>(write: () => Promise<T>, effect: () => void): Promise<T> {
    const unit = this.#present()
    if (unit) {
      unit.hooks.push((committed) => committed && effect())
      return write()
    }
    const result = await write()
    effect()
    return result
  }

  /** The present unit can only roll back from now on. */
  fail(error: Error): void {
    const unit = this.#present()
    if (unit) unit.failure ??= { error }
  }

  inUnit(): boolean {
    return this.#present() !== null
  }

  inOpenTransaction(): boolean {
    const unit = this.#units.getStore()
    return unit ? unit.begun && !unit.settled : false
  }

  #present(): Unit | null {
    const unit = this.#units.getStore() ?? null
    if (unit?.settled) throw ended()
    return unit
  }

  /** A nested unit that rejects takes the outer one with it: half of it must not commit because somebody caught the error. */
  #join<T>(unit: Unit, work: () => Promise<T>): Promise<T> {
    const nested = (async () => work())()
    const noted = nested
      .catch((error) => {
        unit.failure ??= { error }
      })
      .finally(() => unit.nested.delete(noted))
    unit.nested.add(noted)
    return nested
  }

  async #inUnit(unit: Unit, statement: Statement): Promise<QueryAnswer> {
    if (unit.failure) throw aborted(unit.failure.error)
    if (!unit.connection && isPlainSelect(statement.text)) {
      const read = await this.#readBefore(statement)
      if (read) return read
    }
    const steps = [...stepsBetween(unit.identity, statement.identity), statement]
    const answer = await (unit.connection
      ? this.#runIn(unit, unit.connection, steps)
      : this.#open(unit, BEGIN, ...steps))
    unit.identity = statement.identity
    return answer
  }

  async #open(unit: Unit, ...statements: PipelinedStatement[]): Promise<QueryAnswer> {
    unit.begun = true
    try {
      unit.connection = await this.#pool.connect()
    } catch (error) {
      unit.failure = { error }
      throw error
    }
    return this.#runIn(unit, unit.connection, statements)
  }

  async #runIn(unit: Unit, connection: Connection, statements: readonly PipelinedStatement[]): Promise<QueryAnswer> {
    try {
      return await runAll(connection, statements)
    } catch (error) {
      unit.failure = { error }
      throw error
    }
  }

  /** A read before the first write. Null when it turned out to write: then it runs again, inside the transaction. */
  async #readBefore(statement: Statement): Promise<QueryAnswer | null> {
    try {
      return await this.#alone(statement, !statement.own)
    } catch (error) {
      if (codeOf(error) === READ_ONLY_VIOLATION) return null
      throw error
    }
  }

  /** A transaction for this one statement. The owner's needs no frame: a statement is atomic by itself. */
  async #alone(statement: Statement, readOnly: boolean): Promise<QueryAnswer> {
    const frame = [...(readOnly ? [READ_ONLY] : []), ...stepsBetween(OWNER, statement.identity)]
    const connection = await this.#pool.connect()
    let broken: Error | undefined
    try {
      if (frame.length === 0 || connection.pipeline) return await runAll(connection, [...frame, statement])
      try {
        const answer = await runAll(connection, [BEGIN, ...frame, statement])
        await commit(connection)
        return answer
      } catch (error) {
        broken = await rollback(connection)
        throw error
      }
    } finally {
      connection.release(broken)
    }
  }

  async #commit(unit: Unit): Promise<void> {
    while (unit.nested.size > 0) await Promise.all(unit.nested)
    unit.settled = true
    await unit.idle()
    if (unit.failure) {
      await this.#rollback(unit)
      throw aborted(unit.failure.error)
    }
    const { connection } = unit
    let broken: Error | undefined
    try {
      if (connection) await commit(connection)
    } catch (error) {
      broken = asError(error)
      throw new StoreError('the unit of work could not be committed', { cause: error })
    } finally {
      connection?.release(broken)
      for (const hook of unit.hooks) runHook(hook, broken === undefined)
    }
  }

  async #rollback(unit: Unit): Promise<void> {
    unit.settled = true
    await unit.idle()
    if (unit.connection) unit.connection.release(await rollback(unit.connection))
    for (const hook of unit.hooks) runHook(hook, false)
  }
}

/** @returns The answer to the last one. */
async function runAll(connection: Connection, statements: readonly PipelinedStatement[]): Promise<QueryAnswer> {
  if (connection.pipeline) return (await connection.pipeline(statements)).at(-1) as QueryAnswer
  let answer: QueryAnswer | undefined
  for (const { text, parameters } of statements) answer = await connection.query(text, [...parameters])
  return answer as QueryAnswer
}

/** PostgreSQL answers COMMIT in an aborted transaction with ROLLBACK, and no error. */
async function commit(connection: Connection): Promise<void> {
  const { command } = await connection.query('commit', [])
  if (command !== 'COMMIT') throw new StoreError(`the transaction ended with ${command}`)
}

/** @returns The error when even that failed: the connection is of no more use. */
async function rollback(connection: Connection): Promise<Error | undefined> {
  try {
    await connection.query('rollback', [])
    return undefined
  } catch (error) {
    return asError(error)
  }
}

export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : undefined
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

function ended(): StoreError {
  return new StoreError('this unit of work has ended; await every statement inside transaction()')
}

function aborted(cause: unknown): StoreError {
  return new StoreError('an earlier statement of this unit failed; nothing was kept', { cause })
}
