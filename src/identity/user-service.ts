import { Refusal } from '../base/refusal.ts'
import type { Context } from '../contract/context.ts'
import type { State, UserChanges, UserRecord } from '../stores/store.ts'
import type { Vault } from '../vault/index.ts'
import { type Accounts, rowOf } from './accounts.ts'
import type { ApiKeyDesk } from './api-key-desk.ts'
import { emailIndex } from './email-address.ts'
import { principalKey } from './principal-key.ts'
import type { UserRow, UserService } from './service.ts'
import type { SessionDesk } from './sessions.ts'

const FRESH_MILLISECONDS = 300_000

export interface UserServiceDependencies {
  readonly state: State
  readonly vault: Vault
  readonly issuer: string
  readonly accounts: Accounts
  readonly sessions: SessionDesk
  readonly apiKeys: ApiKeyDesk
}

/** Users as handlers see and change them. Who may is decided before, by the endpoint; row-level security decides it again. */
export function userService(deps: UserServiceDependencies): UserService {
  const { state, vault, issuer, accounts, sessions, apiKeys } = deps

  async function require(id: string, context: Context): Promise<UserRecord> {
    const [user] = await state.users.byIds([id], context.principal)
    if (!user) throw new Refusal('not_found', { detail: `there is no user ${id} for this caller` })
    return user
  }

  async function write(id: string, changes: UserChanges, context: Context): Promise<void> {
    if (Object.keys(changes).length === 0 || (await state.users.update(id, changes, context.principal))) return
    throw new Refusal('conflict', { detail: `user ${id} is gone, or the e-mail address is taken` })
  }

  async function emailChanges(user: UserRecord, email: string, context: Context): Promise<UserChanges> {
    assertFresh(user, context)
    const index = emailIndex(vault, email)
    return {
      emailIndex: index.current,
      emailIndexPrevious: index.previous,
      emailSealed: await accounts.seal(user, 'email', email.trim().normalize('NFC')),
    }
  }

  async function profileChanges(user: UserRecord, changes: Readonly<Record<string, unknown>>): Promise<UserChanges> {
    const changed = Object.fromEntries(
      accounts.profileFields.flatMap((name) => (changes[name] === undefined ? [] : [[name, changes[name]]])),
    )
    return Object.keys(changed).length === 0
      ? {}
      : { profile: { ...user.profile, ...(await accounts.sealProfile(user, changed)) } }
  }

  const service: UserService = {
    async byIds<Row = UserRow>(ids: readonly string[], as: Context['principal']) {
      return (await state.users.byIds(ids, as)).map(rowOf) as Row[]
    },
    async inTenant<Row = UserRow>(ids: readonly string[], { tenant }: Context['principal']) {
      const users = await state.users.byIds(ids)
      return users.filter((user) => tenant !== null && user.tenantId === tenant).map(rowOf) as Row[]
    },
    async list<Row = UserRow>(
      { after, limit }: { readonly after: string | null; readonly limit: number },
      as: Context['principal'],
    ) {
      if (as.tenant === null) return { items: [], next: null }
      const users = await state.users.list({ tenantId: as.tenant, after, limit: limit + 1 }, as)
      const items = users.slice(0, limit)
      return { items: items.map(rowOf) as Row[], next: users.length > limit ? (items.at(-1)?.id ?? null) : null }
    },
    async byEmail<Row = UserRow>(email: string, as: Context['principal']) {
      const { current, previous } = emailIndex(vault, email)
      const user = await state.users.byEmailIndex(previous === null ? [current] : [current, previous], as)
      return user && user.tenantId === as.tenant ? (rowOf(user) as Row) : null
    },
    async update<Row = UserRow>(
      id: string,
      { email, roles, disabled, ...rest }: Readonly<Record<string, unknown>>,
      context: Context,
    ) {
      const user = await require(id, context)
      const changes = {
        ...(await profileChanges(user, rest)),
        ...(typeof email === 'string' ? await emailChanges(user, email, context) : {}),
      }
      await write(id, changes, context)
      if (Object.keys(changes).length > 0)
        context.audit('user.updated', {
          user: id,
          fields: Object.keys({ ...rest, ...(email === undefined ? {} : { email }) }).join(' '),
        })
      if (Array.isArray(roles)) await service.setRoles(id, roles as string[], context)
      if (typeof disabled === 'boolean') await service.setDisabled(id, disabled, context)
      return rowOf(await require(id, context)) as Row
    },
    async setRoles(id, roles, context) {
      const user = await require(id, context)
      if (sameRoles(user.roles, roles)) return
      await write(id, { roles: [...new Set(roles)] }, context)
      await state.revocations.raiseEpoch(principalKey(issuer, id), context.now())
      await apiKeys.revokeBeyond(id, roles)
      context.audit('user.roles_changed', { user: id, before: user.roles.join(' '), after: roles.join(' ') })
    },
    async setDisabled(id, disabled, context) {
      await require(id, context)
      await write(id, { disabled }, context)
      await state.revocations.setDisabled(principalKey(issuer, id), disabled)
      if (disabled) {
        await sessions.endAll(id)
        await apiKeys.revokeAll(id)
      }
      context.audit(disabled ? 'user.disabled' : 'user.enabled', { user: id })
    },
    async remove(id, context) {
      await require(id, context)
      await sessions.endAll(id)
      await apiKeys.revokeAll(id)
      await state.revocations.setDisabled(principalKey(issuer, id), true)
      if (!(await state.users.remove(id, context.principal)))
        throw new Refusal('not_found', { detail: `user ${id} was gone already` })
      await vault.destroy(id)
      context.audit('user.removed', { user: id })
    },
  }
  return service
}

/** The address is a way into the account, so only the person behind it changes it, freshly signed in (OWASP API2, ASVS 7.5.1). */
function assertFresh(user: UserRecord, { principal, now }: Context): void {
  if (principal.kind !== 'user' || principal.id !== user.id)
    throw new Refusal('forbidden', { detail: `the e-mail address of user ${user.id} is changed by the user alone` })
  const age = now().getTime() - (principal.authenticatedAt?.getTime() ?? Number.NEGATIVE_INFINITY)
  if (!(age <= FRESH_MILLISECONDS))
    throw new Refusal('step_up_required', { detail: 'the e-mail address needs a sign-in of the last 5 minutes' })
}

function sameRoles(a: readonly string[], b: readonly string[]): boolean {
  return new Set(a).size === new Set([...a, ...b]).size && new Set(b).size === new Set(a).size
}
