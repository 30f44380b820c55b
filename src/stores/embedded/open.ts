import type { PGlite } from '@electric-sql/pglite'
import { StoreError } from '../../base/store-error.ts'
import { databaseOf } from '../sql/database.ts'
import type { Migration } from '../sql/migration.ts'
import { migrate } from '../sql/migrations.ts'
import { checkRestrictedRole, hardenSharedSession } from '../sql/restricted-role.ts'
import { type SqlStateSettings, sqlState } from '../sql/sql-state.ts'
import { UnitsOfWork } from '../sql/units-of-work.ts'
import { type DataFolder, damaged, openDataFolder } from './data-folder.ts'
import type { Embedded } from './embedded-state.ts'
import { PGlitePool } from './pglite-pool.ts'

interface OpenSettings extends SqlStateSettings {
  readonly migrations: readonly Migration[] | null
  readonly maxWaitMs: number
  readonly statementTimeoutMs: number
}

export async function openEmbedded(folder: string, settings: OpenSettings): Promise<Embedded> {
  if (folder === ':memory:') return assemble(await boot('memory://'), settings, null, null)
  const data = openDataFolder(folder)
  try {
    if (data.isNew) await data.create(async (directory) => (await boot(directory)).close())
    return await assemble(await bootExisting(data.postgres), settings, data, folder)
  } catch (error) {
    data.release()
    throw error
  }
}

async function assemble(
  database: PGlite,
  settings: OpenSettings,
  data: DataFolder | null,
  folder: string | null,
): Promise<Embedded> {
  try {
    const pool = new PGlitePool(database, settings.maxWaitMs)
    await migrate(pool, settings.migrations)
    await hardenSharedSession(pool)
    await limitWaiting(pool, settings)
    if (data && !data.isNew) {
      await freeClaims(pool)
      await vacuum(pool)
    }
    const rowSecurity = await checkRestrictedRole(pool)
    const units = new UnitsOfWork(pool)
    const state = await sqlState(pool, units, settings)
    return {
      ...state,
      database: databaseOf(units, rowSecurity),
      folder,
      maintain: async () => {
        if (units.inUnit()) throw new TypeError('maintain() takes the whole database: call it outside transaction()')
        await vacuum(pool)
      },
      describe: { kind: 'embedded', durable: data !== null, rowSecurity: rowSecurity.checked },
      close: async () => {
        await pool.end()
        data?.release()
      },
    }
  } catch (error) {
    await database.close().catch(() => {})
    throw error
  }
}

async function limitWaiting(pool: PGlitePool, { statementTimeoutMs, maxWaitMs }: OpenSettings): Promise<void> {
  const connection = await pool.connect()
  try {
    await connection.query(`set statement_timeout = ${statementTimeoutMs}; set lock_timeout = ${maxWaitMs}`)
  } finally {
    connection.release()
  }
}

/** Whoever held a claim died with the process before: nobody has to wait for its lease, and its writes were rolled back. */
async function freeClaims(pool: PGlitePool): Promise<void> {
  const connection = await pool.connect()
  try {
    await connection.query('delete from turnpike.turnpike_claims where done_at is null')
  } finally {
    connection.release()
  }
}

async function vacuum(pool: PGlitePool): Promise<void> {
  const connection = await pool.connect()
  try {
    await connection.query('vacuum (analyze)')
  } catch (error) {
    throw new StoreError('the database could not be maintained', { cause: error })
  } finally {
    connection.release()
  }
}

async function bootExisting(directory: string): Promise<PGlite> {
  try {
    return await boot(directory)
  } catch (error) {
    throw damaged(directory, 'PostgreSQL does not start on it', error)
  }
}

async function boot(place: string): Promise<PGlite> {
  const { PGlite } = await import('@electric-sql/pglite')
  return PGlite.create(place)
}
