import type { Clock } from '../base/clock.ts'
import { Refusal } from '../base/refusal.ts'
import type { ApiKeyRecord, State } from '../stores/store.ts'
import type { ApiKeyRow } from './api-key-fields.ts'
import { newApiKey } from './api-key-form.ts'
import type { LocalSettings } from './local-config.ts'
import type { ApiKeyService } from './service.ts'

const DAY = 86_400_000
const PAGE = 100

export interface ApiKeyDeskDependencies {
  readonly state: State
  readonly clock: Clock
  readonly settings: LocalSettings
}

/** Makes, lists and revokes API keys. */
export class ApiKeyDesk {
  readonly #deps: ApiKeyDeskDependencies

  constructor(deps: ApiKeyDeskDependencies) {
    this.#deps = deps
  }

  readonly service: ApiKeyService = {
    create: async ({ name, scopes, expiresInDays }, context) => {
      const { principal } = context
      // A key makes no keys: it would outlive its own revocation.
      if (principal.kind !== 'user' || principal.tenant === null)
        throw new Refusal('forbidden', { detail: 'only a signed-in user of a tenant makes API keys' })
      await this.#assertRequest(principal.id, scopes, expiresInDays)
      const { key, id, hash } = newApiKey()
      const now = this.#now()
      const record: ApiKeyRecord = {
        id,
        ownerId: principal.id,
        ownerKey: principal.key,
        tenantId: principal.tenant,
        name,
        secretHash: hash,
        scopes: [...new Set(scopes)],
        createdAt: now,
        expiresAt: new Date(now.getTime() + expiresInDays * DAY),
        revokedAt: null,
        lastUsedAt: null,
      }
      await this.#deps.state.apiKeys.insert(record)
      context.audit('api_key.created', { key: id, scopes: record.scopes.join(' ') })
      return { apiKey: rowOf(record), key }
    },
    byIds: async (ids, as) => (await this.#deps.state.apiKeys.byIds(ids, as)).map(rowOf),
    list: async ({ after, limit }, as) => {
      const keys = await this.#deps.state.apiKeys.listOf(as.id, { after, limit: limit + 1 }, as)
      const items = keys.slice(0, limit).map(rowOf)
      return { items, next: keys.length > limit ? (items.at(-1)?.id ?? null) : null }
    },
    revoke: async (id, context) => {
      const [record] = await this.#deps.state.apiKeys.byIds([id], context.principal)
      if (!record) throw new Refusal('not_found', { detail: `there is no API key ${id} for this caller` })
      if (await this.#revoke(record)) context.audit('api_key.revoked', { key: id })
    },
  }

  async revokeAll(ownerId: string): Promise<void> {
    for await (const record of this.#keysOf(ownerId)) await this.#revoke(record)
  }

  /** Revokes keys with a scope that these roles do not have: what the owner lost, his keys lose. */
  async revokeBeyond(ownerId: string, roles: readonly string[]): Promise<void> {
    const held = this.#deps.settings.scopes(roles)
    for await (const record of this.#keysOf(ownerId))
      if (!record.scopes.every((scope) => held.includes(scope))) await this.#revoke(record)
  }

  /** In the list of revocations too, where step 5 looks: a key that was verified before is refused at the next request. */
  async #revoke(record: ApiKeyRecord): Promise<boolean> {
    const { state } = this.#deps
    if (!(await state.apiKeys.revoke(record.id, this.#now()))) return false
    await state.revocations.revoke('token', record.id, record.expiresAt)
    return true
  }

  async *#keysOf(ownerId: string): AsyncGenerator<ApiKeyRecord> {
    for (let after: string | null = null; ; ) {
      const page: readonly ApiKeyRecord[] = await this.#deps.state.apiKeys.listOf(ownerId, { after, limit: PAGE })
      yield* page.filter(({ revokedAt }) => revokedAt === null)
      if (page.length < PAGE) return
      after = page.at(-1)?.id ?? null
    }
  }

  async #assertRequest(ownerId: string, scopes: readonly string[], days: number): Promise<void> {
    const { state, settings } = this.#deps
    const { maxDays, maxPerUser } = settings.apiKeys
    const [owner] = await state.users.byIds([ownerId])
    if (!owner || owner.disabled) throw new Refusal('forbidden', { detail: `user ${ownerId} is disabled or gone` })
    const held = settings.scopes(owner.roles)
    const foreign = scopes.filter((scope) => !held.includes(scope))
    const faults = [
      ...foreign.map((scope) => ({
        at: `/body/scopes/${scopes.indexOf(scope)}`,
        message: 'is not a scope that you hold',
      })),
      ...(Number.isSafeInteger(days) && days >= 1 && days <= maxDays
        ? []
        : [{ at: '/body/expiresInDays', message: `must be from 1 to ${maxDays}` }]),
    ]
    if (faults.length > 0)
      throw new Refusal('invalid_input', {
        faults,
        detail: `API key refused at ${faults.map(({ at }) => at).join(', ')}`,
      })
    let live = 0
    for await (const _ of this.#keysOf(ownerId)) live += 1
    if (live >= maxPerUser) throw new Refusal('conflict', { detail: `user ${ownerId} has ${live} API keys already` })
  }

  #now(): Date {
    return new Date(this.#deps.clock.now())
  }
}

function rowOf(record: ApiKeyRecord): ApiKeyRow {
  const { id, ownerId, tenantId, name, scopes, createdAt, expiresAt, revokedAt, lastUsedAt } = record
  return {
    id,
    ownerId,
    tenantId,
    name,
    scopes: [...scopes],
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    revokedAt: revokedAt?.toISOString() ?? null,
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
  }
}
