import { createHash } from 'node:crypto'
import { StoreError } from '../../base/store-error.ts'
import type { Connection, ConnectionPool } from './connection.ts'
import type { Migration } from './migration.ts'
import { OWN_MIGRATIONS } from './own-migrations.ts'

/** Any number, the same in every process of this kind. */
const MIGRATION_LOCK = 7_355_608

const LEDGER = `
create schema if not exists turnpike;
create table if not exists turnpike.turnpike_migrations (
  id text primary key,
  checksum text not null,
  position integer not null,
  applied_at timestamptz not null default now()
);
`

interface Applied {
  readonly id: string
  readonly checksum: string
}

/**
 * Brings the database up to date, Turnpike's tables first, then the application's, under a lock and in one transaction: all or none.
 * @param own - The application's migrations; null when the caller has none at hand (tools), then what was applied is left alone.
 * @throws {TypeError} When an applied migration was changed, removed or overtaken by a new one before it.
 * @throws {StoreError} When a migration fails; nothing was changed then.
 */
export async function migrate(pool: ConnectionPool, own: readonly Migration[] | null): Promise<void> {
  refuseDuplicates(own ?? [])
  const connection = await pool.connect()
  let broken: Error | undefined
  try {
    await connection.query('begin', [])
    await connection.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK])
    await connection.query(LEDGER)
    await bring(connection, 'turnpike/', OWN_MIGRATIONS)
    if (own) await bring(connection, 'app/', own)
    const { command } = await connection.query('commit', [])
    if (command !== 'COMMIT')
      throw new StoreError(`the migrations ended with ${command}; a migration must not end the transaction itself`)
  } catch (error) {
    await connection.query('rollback', []).catch((failure: Error) => {
      broken = failure
    })
    throw error
  } finally {
    connection.release(broken)
  }
}

async function bring(connection: Connection, prefix: string, migrations: readonly Migration[]): Promise<void> {
  const { rows } = await connection.query(
    'select id, checksum from turnpike.turnpike_migrations where starts_with(id, $1) order by position',
    [prefix],
  )
  const applied = rows as readonly Applied[]
  compare(prefix, applied, migrations)
  for (const [index, migration] of migrations.entries()) {
    if (index < applied.length) continue
    await apply(connection, `${prefix}${migration.id}`, migration.up, index)
  }
}

function compare(prefix: string, applied: readonly Applied[], migrations: readonly Migration[]): void {
  for (const [index, before] of applied.entries()) {
    const now = migrations[index]
    if (now === undefined || `${prefix}${now.id}` !== before.id) {
      throw new TypeError(
        `migration "${before.id}" was applied to this database, but the program has ${now ? `"${prefix}${now.id}"` : 'none'} in its place: ` +
          'a database of a newer program, or a migration that was removed or moved. New ones go to the end of the list',
      )
    }
    if (checksum(now.up) !== before.checksum) {
      throw new TypeError(
        `migration "${before.id}" was changed after it had been applied: put its text back and write a new migration`,
      )
    }
  }
}

async function apply(connection: Connection, id: string, up: string, position: number): Promise<void> {
  try {
    await connection.query(up)
    await connection.query('insert into turnpike.turnpike_migrations (id, checksum, position) values ($1, $2, $3)', [
      id,
      checksum(up),
      position,
    ])
  } catch (error) {
    throw new StoreError(`migration "${id}" failed: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

function refuseDuplicates(migrations: readonly Migration[]): void {
  const seen = new Set<string>()
  for (const { id, up } of migrations) {
    if (typeof id !== 'string' || id === '' || typeof up !== 'string')
      throw new TypeError('a migration is { id, up }, both texts')
    if (seen.has(id)) throw new TypeError(`two migrations have the id "${id}"`)
    seen.add(id)
  }
}

function checksum(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
