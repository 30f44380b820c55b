import type { RequestHandler } from 'express'
import type { Faults } from './faults.ts'
import type { Limits } from './limits.ts'
import type { Sessions } from './sessions.ts'
import type { Store } from './store.ts'

/** What every group of routes is built from. */
export interface Context {
  readonly store: Store
  readonly faults: Faults
  readonly limits: Limits
  readonly sessions: Sessions
  readonly signedIn: RequestHandler
}
