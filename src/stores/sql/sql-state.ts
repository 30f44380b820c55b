import type { Clock } from '../../base/clock.ts'
import { Counters } from '../memory/counters.ts'
import type { State } from '../store.ts'
import { SqlAdmission } from './admission.ts'
import { SqlApiKeys } from './api-keys.ts'
import { SqlAttempts } from './attempts.ts'
import { SqlAuditRecords } from './audit-records.ts'
import { SqlClaims } from './claims.ts'
import type { ConnectionPool } from './connection.ts'
import { SqlDataKeys } from './data-keys.ts'
import { Queries } from './queries.ts'
import { SqlQuotas } from './quotas.ts'
import { SqlRevocations } from './revocations.ts'
import { SqlSessions } from './sessions.ts'
import type { UnitsOfWork } from './units-of-work.ts'
import { SqlUsers } from './users.ts'

export interface SqlStateSettings {
  readonly clock: Clock
  readonly maxKeys: number
  readonly maxCachedPrincipals: number
  readonly maxCachedRevocations: number
}

/** Everything of State but its description, over a migrated database. */
export async function sqlState(
  pool: ConnectionPool,
  units: UnitsOfWork,
  settings: SqlStateSettings,
): Promise<Omit<State, 'describe'>> {
  const queries = new Queries(units)
  const revocations = new SqlRevocations(queries, settings.maxCachedPrincipals, settings.maxCachedRevocations)
  await revocations.warm(new Date(settings.clock.now()))
  return {
    admission: new SqlAdmission(new Counters(settings.clock, settings.maxKeys), revocations),
    users: new SqlUsers(queries),
    sessions: new SqlSessions(queries),
    revocations,
    attempts: new SqlAttempts(queries),
    apiKeys: new SqlApiKeys(queries, revocations),
    claims: new SqlClaims(queries),
    quotas: new SqlQuotas(queries),
    dataKeys: new SqlDataKeys(queries),
    audit: new SqlAuditRecords(queries),
    transaction: (work) => units.transaction(work),
    detached: (work) => units.detached(work),
    onSettled: (hook) => units.onSettled(hook),
    inOpenTransaction: () => units.inOpenTransaction(),
    ping: () => queries.ping(),
    close: () => pool.end(),
  }
}
