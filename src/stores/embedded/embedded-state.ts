import type { Database } from '../sql/database.ts'
import type { State } from '../store.ts'

/** State and application tables in one folder. */
export interface Embedded extends State {
  readonly database: Database
  /** Null for `:memory:`. */
  readonly folder: string | null
  /**
   * Gives the space of deleted rows back and refreshes the planner's figures. PGlite has no process that does it: call it now and then
   * when a server runs for weeks. It is done at every opening; takes about half a second for each 100,000 rows.
   * @throws {TypeError} Inside a unit of work.
   */
  maintain(): Promise<void>
}
