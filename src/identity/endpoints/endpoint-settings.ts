import type { LimitConfig, Rate } from '../../contract/limit.ts'

/** Each has one limit; keys share theirs. */
type LimitName = 'register' | 'login' | 'refresh' | 'logout' | 'me' | 'jwks' | 'apiKeys' | 'sessions' | 'password'
export type Limits = Readonly<Record<LimitName, Rate | LimitConfig>>

export type Prefix = '' | `/${string}`

export interface EndpointSettings {
  readonly prefix: Prefix
  readonly limits: Limits
}
