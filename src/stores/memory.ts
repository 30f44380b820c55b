import { type Clock, systemClock } from '../base/clock.ts'
import { MemoryAdmission } from './memory/admission.ts'
import { MemoryApiKeys } from './memory/api-keys.ts'
import { MemoryAttempts } from './memory/attempts.ts'
import { MemoryAuditRecords } from './memory/audit-records.ts'
import { MemoryClaims } from './memory/claims.ts'
import { Counters } from './memory/counters.ts'
import { MemoryDataKeys } from './memory/data-keys.ts'
import { Journal } from './memory/journal.ts'
import { MemoryQuotas } from './memory/quotas.ts'
import { MemoryRevocations } from './memory/revocations.ts'
import { MemorySessions } from './memory/sessions.ts'
import { MemoryUsers } from './memory/users.ts'
import type { State } from './store.ts'
import { strictOptions } from './strict-options.ts'

export interface MemoryOptions {
  readonly clock?: Clock
  /** Keys of limits kept at once (default 200,000). When all places are taken, a new key is refused until one expires. */
  readonly maxKeys?: number
  /** How long a call waits for another unit of work, in milliseconds (default 5,000). */
  readonly maxWaitMs?: number
}

/**
 * State that lives and dies with the process: for tests, development and benches. Not durable, no row-level security.
 * @throws {TypeError | RangeError} For an unknown option or a value out of range.
 */
export function memoryState(options: MemoryOptions = {}): State {
  const { clock, maxKeys, maxWaitMs } = strictOptions('memoryState', options, {
    clock: systemClock,
    maxKeys: 200_000,
    maxWaitMs: 5000,
  })
  const journal = new Journal(maxWaitMs)
  const revocations = new MemoryRevocations(journal)
  return {
    admission: new MemoryAdmission(new Counters(clock, maxKeys), revocations),
    users: new MemoryUsers(journal),
    sessions: new MemorySessions(journal),
    revocations,
    attempts: new MemoryAttempts(journal),
    apiKeys: new MemoryApiKeys(journal, revocations),
    claims: new MemoryClaims(journal),
    quotas: new MemoryQuotas(journal),
    dataKeys: new MemoryDataKeys(journal),
    audit: new MemoryAuditRecords(journal),
    transaction: (work) => journal.transaction(work),
    detached: (work) => journal.detached(work),
    onSettled: (hook) => journal.onSettled(hook),
    inOpenTransaction: () => journal.inOpenTransaction(),
    ping: () => journal.read(() => {}),
    close: () => journal.close(),
    describe: { kind: 'memory', durable: false, rowSecurity: false },
  }
}
