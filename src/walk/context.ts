import type { AuditEvent } from '../audit/event.ts'
import type { AppContext, Context } from '../contract/context.ts'
import type { Principal } from '../contract/principal.ts'
import type { Gate } from '../gate.ts'
import type { RequestSignal } from '../guards/deadline.ts'
import { sealRow } from '../guards/sealed-fields.ts'
import type { Plan } from './plan.ts'
import type { Walk } from './walk.ts'

/** What the application audits inside a request; it commits with the request's writes. */
export type NotedEvent = Pick<AuditEvent, 'type' | 'facts'>

/** The context of one request, and what its handler notes for the audit log. */
export function createContext(
  principal: Principal,
  plan: Plan,
  walk: Walk,
  signal: RequestSignal,
  gate: Gate,
): { readonly context: Context; readonly noted: readonly NotedEvent[] } {
  const noted: NotedEvent[] = []
  const context = new RequestContext(principal, plan, walk, signal, gate, noted)
  return { context: context as unknown as Context, noted }
}

type Members = Omit<Context, 'identity' | keyof AppContext>

/** A class, so that all requests share one shape; functions are members of each, so that handlers can take them apart. */
class RequestContext implements Members {
  readonly principal: Principal
  readonly client: Members['client']
  readonly requestId: string
  readonly now: Members['now']
  readonly fetch: Members['fetch']
  readonly seal: Members['seal']
  readonly audit: Members['audit']
  readonly #signal: RequestSignal

  constructor(principal: Principal, plan: Plan, walk: Walk, signal: RequestSignal, gate: Gate, noted: NotedEvent[]) {
    // The application's own members first, so that they can never replace ours.
    const own = this as unknown as Record<string, unknown>
    const members = gate.appContext(principal) as unknown as Readonly<Record<string, unknown>>
    for (const name of Object.keys(members)) if (name !== 'signal') own[name] = members[name]
    Object.assign(this, gate.identityContext)
    this.#signal = signal
    this.principal = principal
    this.client = {
      addressKey: walk.request?.addressKey ?? '',
      device: walk.request?.headers.get('user-agent')?.slice(0, 200) ?? '',
    }
    this.requestId = walk.requestId
    this.now = () => new Date(gate.clock.now())
    this.fetch = (url, call) => {
      const { endpoint, outbound } = plan
      if (!outbound) {
        throw new TypeError(
          `${endpoint.id} calls out but declares no outbound; add outbound: ['https://host'] or outbound: 'public'`,
        )
      }
      if (gate.state.inOpenTransaction()) {
        throw new TypeError(
          `${endpoint.id} calls out inside an open database transaction; call first, write afterwards`,
        )
      }
      return outbound.fetch(url, { ...call, signal: signal.signal })
    }
    this.seal = (resource, row) => sealRow(resource, row as Readonly<Record<string, unknown>>, gate.vault) as never
    this.audit = (type, facts = {}) => {
      noted.push({ type, facts })
    }
  }

  /** Made when somebody asks for it: most handlers never do. */
  get signal(): AbortSignal {
    return this.#signal.signal
  }
}
