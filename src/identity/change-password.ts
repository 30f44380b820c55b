import { Refusal } from '../base/refusal.ts'
import type { Context } from '../contract/context.ts'
import type { State } from '../stores/store.ts'
import type { Accounts } from './accounts.ts'
import type { GuessGuard } from './guess-guard.ts'
import type { PasswordHasher } from './password-hash.ts'
import type { PasswordChange } from './service.ts'
import type { SessionDesk } from './sessions.ts'

export interface ChangePasswordParts {
  readonly state: State
  readonly accounts: Accounts
  readonly hasher: PasswordHasher
  readonly guesses: GuessGuard
  readonly sessions: SessionDesk
}

/**
 * The present password is asked for, as of somebody who found a session left open (ASVS 6.2.3). Guesses at it are counted for this session: strangers
 * who fail at the login do not keep its owner from changing a password. All other sessions end, and devices are strangers again (ASVS 7.4.3).
 */
export async function changePassword(
  { currentPassword, newPassword }: PasswordChange,
  context: Context,
  { state, accounts, hasher, guesses, sessions }: ChangePasswordParts,
): Promise<void> {
  const { id, kind, sessionId } = context.principal
  if (kind !== 'user' || sessionId === null)
    throw new Refusal('forbidden', { detail: 'only a signed-in user changes a password' })
  const [user] = await state.users.byIds([id])
  if (!user) throw new Refusal('not_found', { detail: `there is no user ${id}` })
  const guess = await guesses.begin({
    accountKey: user.emailIndex,
    addressKey: context.client.addressKey,
    deviceId: `session ${sessionId}`,
  })
  const matched = await hasher.verify(currentPassword, user.passwordHash)
  if (!matched || !guess.allowed)
    throw new Refusal('invalid_credentials', { detail: `user ${id}: ${matched ? guess.detail : 'wrong password'}` })
  await accounts.assertNewPassword(newPassword, user)
  const passwordHash = await hasher.hash(newPassword)
  await guess.succeeded()
  await state.users.update(id, { passwordHash })
  const ended = await sessions.endOthers(id, sessionId)
  context.audit('user.password_changed', { user: id, sessions: ended })
}
