import type { Attack } from '../attack.ts'
import type { Target } from '../harness.ts'
import { keyAttacks } from './api2-keys.ts'
import { sessionAttacks } from './api2-sessions.ts'
import { forgeries, misissuedTokens } from './api2-tokens.ts'

/** What holds on every variant; see also `addressedTokens`. */
export const api2: readonly Attack<Target>[] = [...forgeries, ...misissuedTokens, ...sessionAttacks, ...keyAttacks]
