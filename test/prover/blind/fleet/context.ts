import type { Dispatcher } from 'undici'
import type { Faults } from './faults.ts'
import type { Limits } from './limits.ts'
import type { Store } from './store.ts'
import type { TokenService } from './tokens.ts'

/** What every route needs. */
export interface Context {
  readonly store: Store
  readonly faults: Faults
  readonly limits: Limits
  readonly tokens: TokenService
  /** Connects to public addresses only. */
  readonly publicNetwork: Dispatcher
  readonly carrierSecret: string
  /** A hash that no password matches, for sign-ins of unknown accounts. */
  readonly decoyHash: string
}
