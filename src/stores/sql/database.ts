import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type TransactionSettings,
} from 'kysely'
import type { Principal } from '../../contract/principal.ts'
import { type Identity, identityOf, OWNER } from './identity.ts'
import type { RowSecurityReport } from './restricted-role.ts'
import { refuseSessionStatement, requireDataStatement } from './statement-kind.ts'
import type { UnitsOfWork } from './units-of-work.ts'

/** The application's tables, in the same database as Turnpike's state: what both write in one unit commits together. */
export interface Database {
  /**
   * A Kysely whose queries run as the restricted role with this principal's settings: row-level security applies.
   * Policies read `turnpike.subject()`, `turnpike.tenant()`, `turnpike.issuer()`, `turnpike.kind()` and `turnpike.has_role(text)`.
   * It runs data statements only, and joins the present unit of work. A statement's own errors pass through (`code` is the SQLSTATE).
   */
  as<DB>(principal: Principal): Kysely<DB>
  /** Owner's rights, no row-level security: migrations, seeds, jobs. */
  dangerouslyWithoutRowSecurity<DB>(): Kysely<DB>
  /** The role was checked at start. Tables and views that it may use and no policy guards are listed, as `schema.name`. */
  readonly rowSecurity: {
    readonly role: string
    readonly checked: boolean
    readonly unprotectedTables: readonly string[]
  }
  /** How often `as` was called: `review` sees by it whether the application's context uses row-level security. */
  readonly scopedCalls: number
}

const COUNTED = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])

/** The application's way to its own tables. */
export function databaseOf(units: UnitsOfWork, rowSecurity: RowSecurityReport): Database {
  // One Kysely for each principal that is still around: making one costs more than a statement's text.
  // biome-ignore lint/suspicious/noExplicitAny: the caller says which tables there are.
  const handles = new WeakMap<Principal, Kysely<any>>()
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  const owner = handle<any>(units, OWNER)
  let scopedCalls = 0
  return {
    get scopedCalls() {
      return scopedCalls
    },
    as<DB>(principal: Principal): Kysely<DB> {
      scopedCalls++
      const made = handles.get(principal) ?? handle(units, identityOf(principal))
      handles.set(principal, made)
      return made as Kysely<DB>
    },
    dangerouslyWithoutRowSecurity: <DB>() => owner as Kysely<DB>,
    rowSecurity,
  }
}

function handle<DB>(units: UnitsOfWork, identity: Identity): Kysely<DB> {
  return new Kysely<DB>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new UnitDriver(units, identity),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  })
}

/** Hands every statement to the unit of work. There is nothing to acquire: the unit knows the connection. */
class UnitDriver implements Driver {
  readonly #units: UnitsOfWork
  readonly #connection: DatabaseConnection

  constructor(units: UnitsOfWork, identity: Identity) {
    this.#units = units
    this.#connection = new UnitConnection(units, identity)
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection
  }

  /** Kysely's transaction joins the unit that is there; of its own it would take the connection that the unit holds. */
  async beginTransaction(_connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    if (settings.isolationLevel !== undefined || settings.accessMode !== undefined) {
      throw new TypeError(
        'a unit of work has one isolation level (read committed); leave setIsolationLevel() and setAccessMode() out',
      )
    }
    if (!this.#units.inUnit()) {
      throw new TypeError(
        "Kysely's transaction() works inside a unit of work only: write state.transaction(async () => { … }) around the queries instead",
      )
    }
  }

  async commitTransaction(): Promise<void> {}

  async rollbackTransaction(): Promise<void> {
    this.#units.fail(new Error('a Kysely transaction inside the unit was rolled back'))
  }

  async savepoint(): Promise<void> {
    throw new TypeError('a unit of work has no savepoints: a failed statement ends all of it')
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {}
}

class UnitConnection implements DatabaseConnection {
  readonly #units: UnitsOfWork
  readonly #identity: Identity
  readonly #check: (text: string) => void

  constructor(units: UnitsOfWork, identity: Identity) {
    this.#units = units
    this.#identity = identity
    this.#check = identity === OWNER ? refuseSessionStatement : requireDataStatement
  }

  async executeQuery<Row>({ sql: text, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    this.#check(text)
    const { command, rowCount, rows } = await this.#units.run({
      text,
      parameters,
      identity: this.#identity,
      own: false,
    })
    return {
      rows: rows as Row[],
      ...(COUNTED.has(command) ? { numAffectedRows: BigInt(rowCount ?? 0) } : {}),
    }
  }

  // biome-ignore lint/correctness/useYield: the interface wants a generator.
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new TypeError('stream() would hold the connection; read in pages')
  }
}
