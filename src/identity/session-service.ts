import { Refusal } from '../base/refusal.ts'
import type { Context } from '../contract/context.ts'
import type { Principal } from '../contract/principal.ts'
import type { SessionRecord, Users } from '../stores/store.ts'
import type { SessionService } from './service.ts'
import type { SessionRow } from './session-fields.ts'
import type { SessionDesk } from './sessions.ts'

const MAX_LISTED = 100

/** Sessions as their owner sees and ends them. Whose they are is the endpoint's matter: `byIds` loads, the object guard decides. */
export function sessionService(sessions: SessionDesk, users: Users): SessionService {
  return {
    async byIds(ids, as) {
      const records = await sessions.liveByIds(ids)
      const owners = await users.byIds([...new Set(records.map(({ userId }) => userId))])
      const tenants = new Map(owners.map(({ id, tenantId }) => [id, tenantId]))
      return records.flatMap((record) => {
        const tenant = tenants.get(record.userId)
        return tenant === undefined ? [] : [rowOf(record, tenant, as)]
      })
    },
    async list(as) {
      const { tenant } = as
      if (as.kind !== 'user' || tenant === null) return []
      return (await sessions.live(as.id)).slice(0, MAX_LISTED).map((record) => rowOf(record, tenant, as))
    },
    async end(id, context) {
      await sessions.end(id)
      context.audit('session.ended', { user: context.principal.id, session: id })
    },
    async endOthers(context) {
      const { id, sessionId } = userOf(context)
      const ended = await sessions.endOthers(id, sessionId)
      context.audit('session.others_ended', { user: id, sessions: ended })
    },
  }
}

function userOf({ principal }: Context): { readonly id: string; readonly sessionId: string } {
  const { kind, id, sessionId } = principal
  if (kind !== 'user' || sessionId === null)
    throw new Refusal('forbidden', { detail: 'the caller has no session, so there are no others' })
  return { id, sessionId }
}

function rowOf(record: SessionRecord, tenantId: string, as: Principal): SessionRow {
  return {
    id: record.id,
    userId: record.userId,
    tenantId,
    device: record.device,
    addressPrefix: record.addressPrefix,
    createdAt: record.createdAt.toISOString(),
    lastUsedAt: record.lastUsedAt.toISOString(),
    expiresAt: record.expiresAt.toISOString(),
    authenticatedAt: record.authenticatedAt.toISOString(),
    factors: record.factors,
    current: record.id === as.sessionId,
  }
}
