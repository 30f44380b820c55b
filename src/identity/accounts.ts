import { randomUUID } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { type InputFault, Refusal } from '../base/refusal.ts'
import { jsonSchemaOf, pointerOf } from '../contract/schema.ts'
import type { State, UserRecord } from '../stores/store.ts'
import type { Vault } from '../vault/index.ts'
import { emailIndex } from './email-address.ts'
import type { LocalSettings } from './local-config.ts'
import type { PasswordHasher } from './password-hash.ts'
import type { PasswordPolicy } from './password-policy.ts'
import type { Registration, UserRow } from './service.ts'

export interface AccountDependencies {
  readonly state: State
  readonly clock: Clock
  readonly vault: Vault
  readonly settings: LocalSettings
  readonly hasher: PasswordHasher
  readonly policy: PasswordPolicy
}

/** A new account as the database holds it, and as its owner may see it. */
export interface NewAccount {
  readonly stored: UserRow
  readonly plain: UserRow
}

/** The name of the user resource: sealed values are bound to it, so that replies open what is written here. */
const TABLE = 'user'

/** Makes accounts, and turns records of the store into rows of the user resource. */
export class Accounts {
  readonly #deps: AccountDependencies
  readonly profileFields: readonly string[]

  constructor(deps: AccountDependencies) {
    this.#deps = deps
    this.profileFields = Object.keys(jsonSchemaOf(deps.settings.profile, 'output').properties ?? {})
  }

  /**
   * Hashes first and writes afterwards, so that no database transaction waits for a hash. The same work is done for an address that is taken.
   * @throws {Refusal} `invalid_input` for the password; `conflict` for a taken address.
   */
  async create(
    registration: Registration,
    options: { readonly tenantId?: string; readonly roles?: readonly string[] } = {},
  ): Promise<NewAccount> {
    const { state, settings, hasher, clock, vault } = this.#deps
    const { email, password } = registration
    const profile = this.#profileOf(registration)
    this.#assertPassword(password, email, profile)
    const passwordHash = await hasher.hash(password)
    const tenantId = options.tenantId ?? (await settings.tenantFor?.({ email, profile })) ?? randomUUID()
    const user = { id: randomUUID(), tenantId }
    const index = emailIndex(vault, email)
    const shownEmail = email.trim().normalize('NFC')
    const record: UserRecord = {
      ...user,
      emailIndex: index.current,
      emailIndexPrevious: index.previous,
      emailSealed: await this.seal(user, 'email', shownEmail),
      profile: await this.sealProfile(user, profile),
      roles: options.roles ?? settings.defaultRoles,
      passwordHash,
      disabled: false,
      createdAt: new Date(clock.now()),
    }
    if (!(await state.users.insert(record))) throw new Refusal('conflict', { detail: 'the e-mail address is taken' })
    const stored = rowOf(record)
    return { stored, plain: { ...stored, ...profile, email: shownEmail } }
  }

  /** @throws {Refusal} `invalid_input` when the profile is not of its schema. */
  async validated(registration: Registration): Promise<Registration> {
    const result = await this.#deps.settings.profile['~standard'].validate(this.#profileOf(registration))
    if (!result.issues)
      return { ...(result.value as object), email: registration.email, password: registration.password }
    throw inputFaults(result.issues.map((issue) => ({ at: `/body${pointerOf(issue)}`, message: issue.message })))
  }

  /** @throws {Refusal} `invalid_input` for a password against the policy, with the owner's own words counted as guessable. */
  async assertNewPassword(password: string, user: UserRecord): Promise<void> {
    const { vault } = this.#deps
    const email = await vault.open<string>(user.emailSealed, placeOf(user, 'email'))
    this.#assertPassword(password, email ?? '', user.profile, '/body/newPassword')
  }

  #assertPassword(
    password: string,
    email: string,
    profile: Readonly<Record<string, unknown>>,
    at = '/body/password',
  ): void {
    const about = [email, ...Object.values(profile).filter((value) => typeof value === 'string')]
    const faults = this.#deps.policy.faults(password, about)
    if (faults.length > 0) throw inputFaults(faults.map((message) => ({ at, message })))
  }

  #profileOf(registration: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    return Object.fromEntries(
      this.profileFields.flatMap((name) => (registration[name] === undefined ? [] : [[name, registration[name]]])),
    )
  }

  seal(user: { readonly id: string; readonly tenantId: string }, column: string, value: unknown): Promise<string> {
    return this.#deps.vault.seal(value as string, placeOf(user, column))
  }

  async sealProfile(
    user: { readonly id: string; readonly tenantId: string },
    profile: Readonly<Record<string, unknown>>,
  ): Promise<Readonly<Record<string, unknown>>> {
    const stored: Record<string, unknown> = { ...profile }
    for (const name of this.#deps.settings.sealedProfile) {
      if (profile[name] !== undefined && profile[name] !== null)
        stored[name] = await this.seal(user, name, profile[name])
    }
    return stored
  }
}

/** A user as handlers and the user resource know it. The password hash stays behind. */
export function rowOf({ id, tenantId, emailSealed, roles, disabled, createdAt, profile }: UserRecord): UserRow {
  return {
    ...profile,
    id,
    tenantId,
    email: emailSealed,
    roles: [...roles],
    disabled,
    createdAt: createdAt.toISOString(),
  }
}

function placeOf(user: { readonly id: string; readonly tenantId: string }, column: string) {
  return { tenant: user.tenantId, table: TABLE, column, id: user.id, subject: user.id }
}

function inputFaults(faults: readonly InputFault[]): Refusal {
  return new Refusal('invalid_input', { faults, detail: `refused at ${faults.map(({ at }) => at).join(', ')}` })
}
