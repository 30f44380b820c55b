import { Readable } from 'node:stream'
import type { AuditEvent, AuditLog } from '../../src/audit/event.ts'
import { ManualClock } from '../../src/base/clock.ts'
import { CHECKS, type Checks } from '../../src/checks.ts'
import type { Api } from '../../src/contract/api.ts'
import { createGateWith, type Gate, type GateSettings } from '../../src/gate.ts'
import { serveRequest } from '../../src/pipeline.ts'
import { memoryState } from '../../src/stores/memory.ts'
import { generateKeyRing } from '../../src/vault/index.ts'
import { fakeIdentity } from './fake-identity.ts'
import { small } from './small-api.ts'

/** An audit log that keeps events in a list. */
export function listLog(): AuditLog & { readonly events: AuditEvent[] } {
  const events: AuditEvent[] = []
  return {
    events,
    append: async (event) => void events.push(event),
    note: (event) => void events.push(event),
    flush: async () => {},
    close: async () => {},
  }
}

export interface SmallGate {
  readonly gate: Gate
  readonly clock: ManualClock
  readonly audit: ReturnType<typeof listLog>
  call(route: string, options?: CallOptions): Promise<Called>
}

export interface CallOptions {
  readonly as?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly peer?: string
}

export interface Called {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  // biome-ignore lint/suspicious/noExplicitAny: tests look into JSON bodies.
  readonly body: any
}

/** The small API, or another that needs no context, on memory, called without a socket. */
export async function smallGate(
  checks: Partial<Checks> = {},
  settings: Partial<GateSettings> = {},
  served: Api = small,
): Promise<SmallGate> {
  const clock = new ManualClock()
  const audit = listLog()
  const gate = await createGateWith({ ...CHECKS, ...checks }, served, {
    state: memoryState({ clock }),
    identity: fakeIdentity,
    keys: generateKeyRing(),
    audit,
    environment: 'test',
    clock,
    addressBucket: { perSecond: 10_000, burst: 10_000 },
    ...settings,
  })
  return {
    gate,
    clock,
    audit,
    async call(route, options = {}) {
      const [method = '', rawTarget = ''] = route.split(' ')
      const text =
        options.body === undefined
          ? null
          : typeof options.body === 'string'
            ? options.body
            : JSON.stringify(options.body)
      const headers = {
        host: 'localhost',
        ...(options.as === undefined ? {} : { authorization: `Bearer ${options.as}` }),
        ...(text === null
          ? {}
          : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
        ...options.headers,
      }
      const reply = await serveRequest(
        {
          method,
          rawTarget,
          rawHeaders: Object.entries(headers).flat(),
          httpVersion: '1.1',
          peer: options.peer ?? '127.0.0.1',
          tls: false,
          body: text === null ? null : Readable.from([Buffer.from(text)]),
        },
        gate,
      )
      const isJson = reply.headers['content-type']?.includes('json') === true
      return {
        status: reply.status,
        headers: reply.headers,
        body: isJson ? JSON.parse(String(reply.body)) : reply.body,
      }
    },
  }
}
