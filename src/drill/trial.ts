import { randomBytes } from 'node:crypto'
import type { ManualClock } from '../base/clock.ts'
import type { Api } from '../contract/api.ts'
import type { GateSettings } from '../gate.ts'
import type { IdentityFactory } from '../identity/identity.ts'
import { generateTokenKeys, type TokenKeys } from '../identity/token-keys.ts'
import { memoryState } from '../stores/memory.ts'
import type { State } from '../stores/store.ts'

/** How an API is started for `prove` and `drill`: on memory, with a clock that can be moved and people to attack. */
export interface Trial {
  readonly api: Api
  /** Called for each start; whatever it opens must be fresh, or shared on purpose. */
  readonly open: (tools: TrialTools) => TrialSettings | Promise<TrialSettings>
}

export interface TrialTools {
  readonly clock: ManualClock
  /** Signs the tokens of `local()`; hand it on, so that the prover can sign what must be refused. */
  readonly tokenKeys: TokenKeys
}

export interface TrialSettings extends Partial<Omit<GateSettings, 'clock' | 'audit' | 'state'>> {
  /** Default: memory. */
  readonly state?: State
  /** Default: tokens of a throw-away issuer with `sub`, `tenant`, `roles` and `scopes`. */
  readonly identity?: IdentityFactory
  /** Default: alice and bob of one tenant, carol of another, and an admin with every role that the contract names. */
  readonly people?: readonly TrialPerson[]
  close?(): Promise<void>
}

export interface TrialPerson {
  readonly name: string
  readonly kind: 'user' | 'admin'
  readonly tenantId: string
  readonly roles?: readonly string[]
  readonly scopes?: readonly string[]
  /** Fields that the identity's profile asks for. */
  readonly profile?: Readonly<Record<string, unknown>>
  /** For attacks that use an account up. */
  readonly spare?: boolean
}

/** Names a way to start the API for attacks; export it as `trial` from the module that `prove` and `drill` are given. */
export function trial(given: Trial): Trial {
  for (const key of Object.keys(given))
    if (key !== 'api' && key !== 'open') throw new TypeError(`trial: unknown key "${key}"; it takes api and open`)
  if (typeof given.open !== 'function') throw new TypeError('trial: open must be a function that gives the settings')
  return Object.freeze({ ...given })
}

/** A trial for a module that exports an api alone. */
export const defaultTrial = (api: Api): Trial => ({ api, open: () => ({}) })

/** A state of its own for each start. */
export const freshState = (clock: ManualClock): State => memoryState({ clock })

export const makeTokenKeys = (): Promise<TokenKeys> => generateTokenKeys()

/** A password that every policy takes. */
export const trialPassword = (): string => `Aa1-${randomBytes(16).toString('base64url')}`
