import type { AuditEvent } from '../audit/event.ts'
import type { AppContext, Context } from '../contract/context.ts'
import type { Principal } from '../contract/principal.ts'
import type { RequestSignal } from '../guards/deadline.ts'
import { sealRow } from '../guards/sealed-fields.ts'
import type { Gate } from '../gate.ts'
import type { Plan } from './plan.ts'
import type { Walk } from './walk.ts'

/** What the application audits inside a request; it commits with the request's writes. */
export type NotedEvent = Pick<AuditEvent, 'type' | 'facts'>

/** The context of one request: the application's own members first, so that they can never replace ours. */
export function createContext(principal: Principal, plan: Plan, walk: Walk, signal: RequestSignal, gate: Gate): { readonly context: Context; readonly noted: readonly NotedEvent[] } {
  const noted: NotedEvent[] = []
  const members: Omit<Context, 'signal' | 'identity' | keyof AppContext> = {
    principal,
    client: { addressKey: walk.request?.addressKey ?? '', device: walk.request?.headers.get('user-agent')?.slice(0, 200) ?? '' },
    requestId: walk.requestId,
    now: () => new Date(gate.clock.now()),
    fetch: (url, call) => {
      if (!plan.outbound) throw new TypeError(`${plan.endpoint.id} calls out but declares no outbound; add outbound: ['https://host'] or outbound: 'public'`)
      if (gate.state.inOpenTransaction()) throw new TypeError(`${plan.endpoint.id} calls out inside an open database transaction; call first, write afterwards`)
      return plan.outbound.fetch(url, { ...call, signal: signal.signal })
    },
    seal: (resource, row) => sealRow(resource, row as Readonly<Record<string, unknown>>, gate.vault) as never,
    audit: (type, facts = {}) => {
      noted.push({ type, facts })
    },
  }
  const context = { ...gate.appContext(principal), ...gate.identityContext, ...members } as unknown as Context
  Object.defineProperty(context, 'signal', { enumerable: true, get: () => signal.signal })
  return { context, noted }
}
