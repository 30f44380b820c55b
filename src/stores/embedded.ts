import { type Clock, systemClock } from '../base/clock.ts'
import type { Embedded } from './embedded/embedded-state.ts'
import type { Database } from './sql/database.ts'
import type { Migration } from './sql/migration.ts'
import { strictOptions } from './strict-options.ts'

export type { Database, Embedded, Migration }

export interface EmbeddedOptions {
  readonly clock?: Clock
  /** The application's own, oldest first. Left out, what was applied before stays as it is. */
  readonly migrations?: readonly Migration[]
  /** Principals whose standing is kept in memory (default 50,000). */
  readonly maxCachedPrincipals?: number
  /** Unexpired revocations kept in memory (default 200,000). Above it SQL is asked for each credential. */
  readonly maxCachedRevocations?: number
  /** Keys of limits kept at once (default 200,000). When all places are taken, a new key is refused until one expires. */
  readonly maxKeys?: number
  /** How long a call waits for another unit of work, in milliseconds (default 5,000). */
  readonly maxWaitMs?: number
  /** A statement that runs longer is ended, in milliseconds (default 10,000), where the driver can interrupt one: PGlite cannot. */
  readonly statementTimeoutMs?: number
}

/**
 * State and application tables in one folder: PostgreSQL inside this process (PGlite). No other process can open the folder meanwhile.
 * What was acknowledged survives the death of the process; it is not synced to disk, so a loss of power may take the last of it.
 * @param folder - Created when missing. `:memory:` keeps nothing.
 * @throws {StoreError} When the folder is in use, damaged, of another version, or a migration fails; it is left as it was.
 * @throws {TypeError | RangeError} For an unknown option, a value out of range, or migrations that contradict the applied ones.
 */
export async function embedded(folder: string, options: EmbeddedOptions = {}): Promise<Embedded> {
  if (typeof folder !== 'string' || folder === '') throw new TypeError('embedded: name a folder, or ":memory:"')
  const { migrations, ...rest } = options
  const settings = strictOptions('embedded', rest, {
    clock: systemClock,
    maxCachedPrincipals: 50_000,
    maxCachedRevocations: 200_000,
    maxKeys: 200_000,
    maxWaitMs: 5000,
    statementTimeoutMs: 10_000,
  })
  // Only whoever opens a database pays for loading one.
  const { openEmbedded } = await import('./embedded/open.ts')
  return openEmbedded(folder, { ...settings, migrations: migrations ?? null })
}
