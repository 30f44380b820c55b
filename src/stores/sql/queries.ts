import {
  type Compilable,
  CompiledQuery,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely'
import { StoreError } from '../../base/store-error.ts'
import type { Principal } from '../../contract/principal.ts'
import type { QueryAnswer } from './connection.ts'
import { identityOf, OWNER } from './identity.ts'
import type { TurnpikeTables } from './schema.ts'
import type { UnitsOfWork } from './units-of-work.ts'

/** Builds Turnpike's own statements; it never runs one. */
export const tables = new Kysely<TurnpikeTables>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
}).withSchema('turnpike')

/** Runs Turnpike's own statements. Whatever the database says against them is a StoreError. */
export class Queries {
  readonly units: UnitsOfWork

  constructor(units: UnitsOfWork) {
    this.units = units
  }

  /** @param as - Row-level security applies for this principal. */
  async rows<Row>(query: Compilable<Row>, as?: Principal): Promise<readonly Row[]> {
    return (await this.#run(query, as)).rows as readonly Row[]
  }

  async first<Row>(query: Compilable<Row>, as?: Principal): Promise<Row | null> {
    return (await this.rows(query, as))[0] ?? null
  }

  /** @returns How many rows it changed. */
  async change(query: Compilable<unknown>, as?: Principal): Promise<number> {
    return (await this.#run(query, as)).rowCount ?? 0
  }

  async ping(): Promise<void> {
    await this.#run({ compile: () => CompiledQuery.raw('select 1') })
  }

  /** Begins the transaction of the present unit. */
  begin(): Promise<void> {
    return own(() => this.units.begin())
  }

  #run(query: Compilable<unknown>, as?: Principal): Promise<QueryAnswer> {
    const { sql: text, parameters } = query.compile()
    return own(() => this.units.run({ text, parameters, identity: as ? identityOf(as) : OWNER, own: true }))
  }
}

async function own<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof StoreError) throw error
    throw new StoreError('a statement failed', { cause: error })
  }
}
