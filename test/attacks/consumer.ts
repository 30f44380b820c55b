import { createHmac, randomBytes } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { anyone, api, endpoint, ManualClock, nothing, plain, Refusal, Secret, signedBy, signedIn } from 'turnpike'
import { type ServeOptions, serve } from 'turnpike/server'
import { memoryState } from 'turnpike/stores/memory'
import { generateKeyRing } from 'turnpike/vault'
import { z } from 'zod'
import type { AuditEvent } from '../../src/audit/event.ts'
import { selfSigned } from '../guards/outbound-certificate.ts'
import { fakeIdentity } from '../support/fake-identity.ts'
import { listLog } from '../support/small-gate.ts'
import { type Answer, send } from './http-client.ts'

/** An API that believes others: it asks an upstream for rates, and takes webhooks. */
export interface Consumer {
  /** What the upstream does next. */
  upstream: RequestListener
  /** The host beside it that nobody declared; it must not be asked. */
  readonly neighbour: { readonly origin: string; readonly connections: number }
  /** In everything hostile that the upstream sends. */
  readonly nonce: string
  /** Rates that handlers kept, and webhooks that handlers were given. */
  readonly kept: readonly unknown[]
  readonly received: readonly unknown[]
  readonly audit: readonly AuditEvent[]
  readonly clock: ManualClock
  /** Makes the next delivery fail in its handler. */
  failOnce(): void
  askRate(): Promise<Answer>
  deliver(delivery: Delivery): Promise<Answer>
  /** A delivery as the real sender makes it, now. */
  signed(body: unknown, parts?: { readonly secondsAgo?: number; readonly secret?: string }): Delivery
  close(): Promise<void>
}

export interface Delivery {
  readonly body: string
  readonly headers: readonly (readonly [string, string])[]
}

const SECRET = randomBytes(32).toString('hex')
export const MAX_ANSWER_BYTES = 20_000
const CERTIFICATE = selfSigned(['127.0.0.1', '127.0.0.2'])

const rate = z.strictObject({
  rate: z.number().min(0).max(1000),
  label: z
    .string()
    .regex(/^[A-Za-z ]+$/)
    .max(40),
})
const event = z.strictObject({ type: z.enum(['paid', 'refunded']), amount: z.int().min(0).max(1_000_000) })

/** @param options - `certificate` stands in for the upstream's own: one that the API does not trust. */
export async function startConsumer(
  adapter: NonNullable<ServeOptions['adapter']>,
  options: { readonly certificate?: { readonly key: string; readonly cert: string } } = {},
): Promise<Consumer> {
  const nonce = randomBytes(12).toString('hex')
  const [kept, received]: [unknown[], unknown[]] = [[], []]
  const audit = listLog()
  const clock = new ManualClock()
  const state = memoryState({ clock })
  let fails = false
  let upstream: RequestListener = (_request, response) => response.end()
  const up = await listen((request, response) => upstream(request, response), '127.0.0.1', options.certificate)
  const beside = await listen((_request, response) => response.end('{}'), '127.0.0.2')
  const contract = api({
    title: 'Consumer',
    endpoints: [
      endpoint('POST /v1/rates', {
        summary: 'Fetch today’s rate and keep it',
        body: nothing,
        access: signedIn,
        limit: '10000/minute',
        outbound: [up.origin],
        reply: plain(rate, 'rates are public'),
        handle: async (_input, { fetch }) => {
          const { body, status } = await fetch(`${up.origin}/rate`, {
            headers: { authorization: 'Bearer of-ours' },
            reply: rate,
          })
          if (body === null) throw new Refusal('upstream_failed', { detail: `the upstream answered ${status}` })
          kept.push(body)
          return body
        },
      }),
      endpoint('POST /v1/hooks/payments', {
        summary: 'What the payment provider tells',
        body: signedBy('payments', event),
        access: anyone('the signature says who it is'),
        limit: '10000/minute',
        reply: nothing,
        handle: ({ body }) => {
          if (fails) {
            fails = false
            throw new Error('the handler failed')
          }
          received.push(body)
        },
      }),
    ],
  })
  const running = await serve(contract, {
    state,
    adapter,
    clock,
    identity: fakeIdentity,
    keys: generateKeyRing(),
    audit,
    environment: 'test',
    logLevel: 'silent',
    port: 0,
    addressBucket: { perSecond: 100_000, burst: 100_000 },
    webhookSecrets: { payments: new Secret(SECRET) },
    outbound: { dangerouslyAllowLoopback: true, maxBytes: MAX_ANSWER_BYTES, timeoutMs: 400, maxRedirects: 1 },
    outboundDependencies: { certificateAuthorities: [CERTIFICATE.cert] },
  })
  const port = Number(new URL(running.url).port)
  return {
    get upstream() {
      return upstream
    },
    set upstream(next) {
      upstream = next
    },
    neighbour: beside,
    nonce,
    kept,
    received,
    audit: audit.events,
    clock,
    failOnce: () => {
      fails = true
    },
    askRate: () =>
      send(port, {
        method: 'POST',
        target: '/v1/rates',
        headers: [['Authorization', 'Bearer alice.acme']],
        body: null,
      }),
    deliver: ({ body, headers }) =>
      send(port, {
        method: 'POST',
        target: '/v1/hooks/payments',
        headers: [['Content-Type', 'application/json'], ...headers],
        body,
      }),
    signed(body, { secondsAgo = 0, secret = SECRET } = {}) {
      const text = JSON.stringify(body)
      const time = String(Math.floor(clock.now() / 1000) - secondsAgo)
      return {
        body: text,
        headers: [
          ['X-Timestamp', time],
          ['X-Signature', signature(secret, `${time}.${text}`)],
        ],
      }
    },
    async close() {
      await running.close()
      await state.close()
      await up.close()
      await beside.close()
    },
  }
}

export const signature = (secret: string, text: string): string =>
  createHmac('sha256', secret).update(text).digest('hex')

async function listen(handle: RequestListener, address: string, certificate = CERTIFICATE) {
  let connections = 0
  const server: Server = createServer(certificate, handle)
  server.on('connection', () => connections++)
  server.on('tlsClientError', () => {})
  await new Promise<void>((done) => void server.listen(0, address, done))
  return {
    origin: `https://${address}:${(server.address() as AddressInfo).port}`,
    get connections() {
      return connections
    },
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
