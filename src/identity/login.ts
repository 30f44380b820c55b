import { Refusal } from '../base/refusal.ts'
import type { Context } from '../contract/context.ts'
import type { State, UserRecord } from '../stores/store.ts'
import type { Vault } from '../vault/index.ts'
import type { DeviceTokens } from './device-token.ts'
import { emailIndex } from './email-address.ts'
import type { GuessGuard } from './guess-guard.ts'
import type { PasswordHasher } from './password-hash.ts'
import type { LoginCredentials, LoginTokens } from './service.ts'
import type { SessionDesk } from './sessions.ts'

export interface LoginParts {
  readonly state: State
  readonly vault: Vault
  readonly hasher: PasswordHasher
  readonly guesses: GuessGuard
  readonly sessions: SessionDesk
  readonly devices: DeviceTokens
}

/**
 * Looks up, counts, hashes, decides: the same steps whether the account is unknown, locked, disabled or the password wrong (ASVS 6.3.8).
 * Everything that commits with the request is written after the hash.
 */
export async function login(
  { email, password, deviceToken }: LoginCredentials,
  context: Context,
  parts: LoginParts,
): Promise<LoginTokens> {
  const { state, vault, hasher, guesses, sessions, devices } = parts
  const index = emailIndex(vault, email)
  const user = await state.users.byEmailIndex(
    index.previous === null ? [index.current] : [index.current, index.previous],
  )
  const device = devices.read(email, deviceToken)
  const known = user !== null && device?.knows(user.passwordHash) === true ? device : null
  const guess = await guesses.begin({
    accountKey: index.current,
    addressKey: context.client.addressKey,
    deviceId: known?.id ?? null,
  })
  const matched = await hasher.verify(password, user?.passwordHash ?? null)
  const denied = denial(user, matched, guess.allowed, guess.detail)
  if (denied !== null || user === null)
    throw new Refusal('invalid_credentials', { detail: denied ?? 'unknown account' })
  const renewed = hasher.needsRehash(user.passwordHash) ? await hasher.hash(password) : null
  await guess.succeeded()
  if (renewed !== null) await state.users.update(user.id, { passwordHash: renewed })
  const tokens = await sessions.start(user.id, 1, context)
  if (tokens === null) throw new Refusal('invalid_credentials', { detail: `user ${user.id} is disabled` })
  return { ...tokens, deviceToken: devices.issue(email, renewed ?? user.passwordHash, known) }
}

/** The private reason; the reply is the same for each. */
function denial(user: UserRecord | null, matched: boolean, allowed: boolean, detail: string): string | null {
  if (user === null) return `unknown account; ${detail}`
  if (!allowed) return `user ${user.id}: ${detail}`
  if (!matched) return `user ${user.id}: wrong password; ${detail}`
  return user.disabled ? `user ${user.id} is disabled` : null
}
