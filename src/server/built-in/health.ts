import { z } from 'zod'
import { Refusal } from '../../base/refusal.ts'
import { anyone } from '../../contract/access.ts'
import { type Endpoint, endpoint } from '../../contract/endpoint.ts'
import { plain } from '../../contract/reply.ts'

export const HEALTH_PATH = '/health'

/** What the health of this process depends on. */
export interface Vitals {
  /** @throws {StoreError} When the state cannot serve. */
  ping(): Promise<void>
  /** Why new requests are turned away now; null when they are not. */
  overload(): string | null
}

/** One word for load balancers: 200 or 503. It says nothing of what is wrong; the log does. */
export function healthEndpoint(vitals: Vitals): Endpoint {
  return endpoint('GET /health', {
    summary: 'Whether this server can serve',
    tags: ['server'],
    access: anyone('load balancers have no credential, and it reveals one word'),
    limit: '600/minute',
    reply: plain(z.strictObject({ status: z.enum(['ok']) }), 'it belongs to nobody'),
    async handle() {
      const overload = vitals.overload()
      if (overload !== null) throw new Refusal('unavailable', { detail: overload, headers: { 'retry-after': '1' } })
      await vitals.ping()
      return { status: 'ok' as const }
    },
  })
}
