import { expect } from 'vitest'
import type { AuditEvent, AuditLog } from '../../src/audit/event.ts'
import { ManualClock } from '../../src/base/clock.ts'
import { Refusal } from '../../src/base/refusal.ts'
import type { Context } from '../../src/contract/context.ts'
import { NOBODY, type Principal } from '../../src/contract/principal.ts'
import type { Rejected } from '../../src/identity/identity.ts'
import { type LocalIdentity, local } from '../../src/identity/local.ts'
import type { LocalConfig } from '../../src/identity/local-config.ts'
import { generateTokenKeys } from '../../src/identity/token-keys.ts'
import { memoryState } from '../../src/stores/memory.ts'
import type { State } from '../../src/stores/store.ts'
import { createVault, generateKeyRing } from '../../src/vault/index.ts'

export const PASSWORD = 'tangerine kayak 42 lantern'

/** An audit log that keeps what it is told. */
class RecordingAuditLog implements AuditLog {
  readonly events: AuditEvent[] = []
  async append(event: AuditEvent): Promise<void> {
    this.events.push(event)
  }
  note(event: AuditEvent): void {
    this.events.push(event)
  }
  async flush(): Promise<void> {}
  async close(): Promise<void> {}
}

export interface Bench {
  readonly identity: LocalIdentity
  readonly state: State
  readonly clock: ManualClock
  readonly audit: RecordingAuditLog
  /** Runs as a request does: one unit of work that rolls back when it is refused. */
  request<T>(work: (context: Context) => Promise<T>, principal?: Principal, addressKey?: string): Promise<T>
  /** What step 4 and step 5 say together. */
  admit(credential: string): Promise<Principal | Rejected>
  readonly noted: string[]
}

/** Local identity on memory, with a clock that stands still. */
export async function bench(
  config: Partial<LocalConfig> = {},
  state?: State,
  clock = new ManualClock(),
): Promise<Bench> {
  const store = state ?? memoryState({ clock })
  const audit = new RecordingAuditLog()
  const ring = generateKeyRing()
  const vault = createVault({ ring, dataKeys: store.dataKeys, transactions: store, clock })
  const factory = local({
    issuer: 'https://api.example',
    audience: 'https://api.example',
    tokenKeys: await generateTokenKeys(),
    ...config,
  })
  const identity = await factory({ state: store, vault, ring, clock, audit })
  const noted: string[] = []
  const contextOf = (principal: Principal, addressKey: string) =>
    ({
      principal,
      requestId: 'r',
      identity: identity.service,
      client: { addressKey, device: 'test' },
      now: () => new Date(clock.now()),
      audit: (event: string) => noted.push(event),
    }) as unknown as Context
  return {
    identity,
    state: store,
    clock,
    audit,
    noted,
    request: (work, principal = NOBODY, addressKey = '192.0.2.1') =>
      store.transaction(() => work(contextOf(principal, addressKey))),
    async admit(value) {
      const verified = await identity.authenticate({ scheme: 'bearer', value })
      if ('rejected' in verified) return verified
      const { key, sessionId, tokenId } = verified.principal
      const { standing } = await store.admission.admit([], { principalKey: key, sessionId, tokenId })
      const old =
        verified.epoch === null
          ? verified.issuedAt <= (standing?.revokedBefore ?? 0)
          : verified.epoch !== standing?.epoch
      if (!standing || standing.revoked || standing.disabled || old) return { rejected: 'invalid', detail: 'standing' }
      return verified.principal
    },
  }
}

export async function signUp(on: Bench, email = 'alice@example.com', more: Readonly<Record<string, unknown>> = {}) {
  const user = await on.identity.provision({ email, password: PASSWORD, ...more })
  const tokens = await on.request((context) => on.identity.service.login({ email, password: PASSWORD }, context))
  return { user, tokens, principal: await principalOf(on, tokens.accessToken) }
}

export async function principalOf(on: Bench, credential: string): Promise<Principal> {
  const principal = await on.admit(credential)
  if ('rejected' in principal) throw new Error(`refused: ${principal.detail}`)
  return principal
}

export async function refusalOf(work: Promise<unknown>): Promise<Refusal> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(Refusal)
  return error as Refusal
}
