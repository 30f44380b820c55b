import { z } from 'zod'
import type { AnySchema } from '../contract/schema.ts'
import { isSchema, jsonSchemaOf } from '../contract/schema.ts'
import type { FileTokenKeys } from './file-token-keys.ts'
import { GUESS_DEFAULTS, type GuessPolicy } from './guess-guard.ts'
import { type PasswordHashConfig, passwordHasher } from './password-hash.ts'
import { type PasswordPolicyConfig, passwordPolicy } from './password-policy.ts'
import { isIssuer } from './principal-key.ts'
import { TokenKeys } from './token-keys.ts'

export interface LocalConfig {
  /** Our own name in tokens, usually the URL of the API. */
  readonly issuer: string
  /** Who our tokens are for. */
  readonly audience: string
  /** `client_id` of tokens. Default `first-party`. */
  readonly clientId?: string
  /** `fileTokenKeys(path)` makes them at first start; or `parseTokenKeys(secret)`. */
  readonly tokenKeys: TokenKeys | FileTokenKeys
  /** Default 900, at most 3,600. */
  readonly accessTokenSeconds?: number
  /** Default: 30 days idle, 90 in all; for 10 seconds a token that was just used still gives its successor. */
  readonly refresh?: { readonly idleDays?: number; readonly absoluteDays?: number; readonly windowSeconds?: number }
  readonly passwordPolicy?: PasswordPolicyConfig | PasswordPolicyConfig['rules']
  readonly passwordHash?: PasswordHashConfig
  readonly guessing?: Partial<GuessPolicy>
  /** The application's own fields of a user, a strict object. Default: none. */
  readonly profile?: AnySchema
  /** Fields of the profile that are encrypted at rest. */
  readonly sealedProfile?: readonly string[]
  /** The tenant of whoever registers. Default: a new one for each. */
  readonly tenantFor?: (registration: {
    readonly email: string
    readonly profile: Readonly<Record<string, unknown>>
  }) => string | Promise<string>
  readonly defaultRoles?: readonly string[]
  /** The scopes that people of these roles have, and may give to their API keys. Default: none. */
  readonly scopes?: (roles: readonly string[]) => readonly string[]
  /** Default: 365 days, 50 keys a user. */
  readonly apiKeys?: { readonly maxDays?: number; readonly maxPerUser?: number }
  /** Verified credentials remembered. Default 10,000. */
  readonly cacheSize?: number
}

/** A configuration with every default filled in. */
export interface LocalSettings {
  readonly issuer: string
  readonly audience: string
  readonly clientId: string
  readonly tokenKeys: TokenKeys | FileTokenKeys
  readonly accessTokenSeconds: number
  readonly refresh: { readonly idleDays: number; readonly absoluteDays: number; readonly windowSeconds: number }
  readonly passwordPolicy: PasswordPolicyConfig | PasswordPolicyConfig['rules']
  readonly passwordHash: PasswordHashConfig
  readonly guessing: GuessPolicy
  readonly profile: AnySchema
  readonly sealedProfile: readonly string[]
  readonly tenantFor: NonNullable<LocalConfig['tenantFor']> | null
  readonly defaultRoles: readonly string[]
  readonly scopes: (roles: readonly string[]) => readonly string[]
  readonly apiKeys: { readonly maxDays: number; readonly maxPerUser: number }
  readonly cacheSize: number
}

const whole = (min: number, max: number) => z.int().min(min).max(max)
const names = z.array(z.string().min(1).max(64)).max(32)
const fn = z.custom<(...args: never[]) => unknown>((value) => typeof value === 'function', 'must be a function')
const window = z.strictObject({ failures: whole(1, 1_000_000), windowSeconds: whole(1, 86_400) })
const day = 86_400

const settingsSchema = z.strictObject({
  issuer: z.custom<string>(isIssuer, 'must be a text of 1 to 255 characters without white space'),
  audience: z.string().min(1).max(255),
  clientId: z.string().min(1).max(255).default('first-party'),
  tokenKeys: z.custom<TokenKeys | FileTokenKeys>(
    isTokenKeys,
    'must be fileTokenKeys(path), parseTokenKeys(text) or what generateTokenKeys() gives',
  ),
  accessTokenSeconds: whole(30, 3600).default(900),
  refresh: z
    .strictObject({
      idleDays: whole(1, 365).default(30),
      absoluteDays: whole(1, 365).default(90),
      windowSeconds: whole(0, 60).default(10),
    })
    .prefault({})
    .refine(({ idleDays, absoluteDays }) => idleDays <= absoluteDays, 'idleDays must not be above absoluteDays'),
  passwordPolicy: z
    .custom<LocalSettings['passwordPolicy']>(parses(passwordPolicy), { error: faultOf(passwordPolicy) })
    .default('nist'),
  passwordHash: z.custom<PasswordHashConfig>(parses(passwordHasher), { error: faultOf(passwordHasher) }).default({}),
  guessing: z
    .strictObject({
      account: z
        .strictObject({
          free: whole(0, 1000),
          baseSeconds: whole(1, 3600),
          maxSeconds: whole(1, day),
          lockAfter: whole(1, 1000),
          lockSeconds: whole(1, 30 * day),
          forgetSeconds: whole(1, 365 * day),
        })
        .default(GUESS_DEFAULTS.account),
      address: window.default(GUESS_DEFAULTS.address),
      everyone: window.default(GUESS_DEFAULTS.everyone),
    })
    .prefault({}),
  profile: z
    .custom<AnySchema>(isSchema, 'must be a schema, such as z.strictObject({ … })')
    .default(() => z.strictObject({})),
  sealedProfile: names.default([]),
  tenantFor: fn.nullable().default(null),
  defaultRoles: names.default([]),
  scopes: fn.default(() => () => []),
  apiKeys: z
    .strictObject({ maxDays: whole(1, 3650).default(365), maxPerUser: whole(1, 1000).default(50) })
    .prefault({}),
  cacheSize: whole(1, 1_000_000).default(10_000),
})

/** @throws {TypeError} With every fault at once: what, where, and what is expected. */
export function parseLocalConfig(config: LocalConfig): LocalSettings {
  const parsed = settingsSchema.safeParse(config)
  if (!parsed.success)
    throw new TypeError(
      `local: ${parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'configuration'}: ${message}`).join('; ')}`,
    )
  const settings = parsed.data as unknown as LocalSettings
  const fields = Object.keys(jsonSchemaOf(settings.profile, 'output').properties ?? {})
  const unknown = settings.sealedProfile.filter((name) => !fields.includes(name))
  if (unknown.length > 0)
    throw new TypeError(`local: sealedProfile: the profile has no ${unknown.join(', ')}; it has ${fields.join(', ')}`)
  return Object.freeze(settings)
}

function isTokenKeys(value: unknown): boolean {
  return value instanceof TokenKeys || typeof (value as FileTokenKeys | null)?.stamp === 'function'
}

function parses<T>(parse: (value: T) => unknown): (value: unknown) => boolean {
  return (value) => failureOf(parse, value) === null
}

function faultOf<T>(parse: (value: T) => unknown): (issue: { readonly input: unknown }) => string {
  return ({ input }) => failureOf(parse, input) ?? 'is not valid'
}

function failureOf<T>(parse: (value: T) => unknown, value: unknown): string | null {
  try {
    parse(value as T)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
