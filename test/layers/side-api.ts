import { randomUUID } from 'node:crypto'
import {
  type Api,
  anyone,
  api,
  endpoint,
  fresh,
  nothing,
  owns,
  plain,
  resource,
  role,
  signedBy,
  signedIn,
} from 'turnpike'
import { z } from 'zod'

/** What the demo and the small API have none of: steps in order, calls to declared hosts, webhooks that come in. */
export const orders = resource('order', {
  schema: z.strictObject({ id: z.uuid(), ownerId: z.string().max(20), tenantId: z.string().max(20) }),
  id: 'id',
  owner: 'ownerId',
  tenant: 'tenantId',
  read: owns('order'),
  find: (ids) => ids.map((id) => ({ id, ownerId: 'alice', tenantId: 'acme' })),
})

/** Orders that were charged, once for each time that the handler ran. It trusts that it runs once. */
export const charged: string[] = []

/** Deliveries that were taken, by the test's own names. */
export const delivered: string[] = []

export const SENDER = 'payments'

/** @param upstream - Origin that the rates come from. */
export function sideApi(upstream: string): Api {
  const confirm = endpoint('POST /v1/orders/:order/confirm', {
    summary: 'First step',
    params: { order: orders },
    body: nothing,
    access: owns('order'),
    limit: '100/minute',
    reply: nothing,
    handle: () => {},
  })
  const ship = endpoint('POST /v1/orders/:order/ship', {
    summary: 'Second step',
    params: { order: orders },
    body: nothing,
    access: owns('order'),
    limit: '100/minute',
    flow: { after: confirm, minimumSeconds: 5 },
    reply: nothing,
    handle: () => {},
  })
  const refund = endpoint('POST /v1/orders/:order/refund', {
    summary: 'Needs a fresh sign-in',
    params: { order: orders },
    body: nothing,
    access: owns('order'),
    limit: '100/minute',
    flow: { stepUp: fresh('5m') },
    reply: nothing,
    handle: () => {},
  })
  const charge = endpoint('POST /v1/orders/:order/charge', {
    summary: 'Takes money, once',
    params: { order: orders },
    body: nothing,
    access: owns('order'),
    limit: '100/minute',
    idempotency: 'required',
    flow: { once: true },
    reply: nothing,
    handle: async ({ order }) => {
      await new Promise((resolve) => setImmediate(resolve))
      charged.push(order.id)
    },
  })
  const rate = endpoint('GET /v1/rate', {
    summary: 'A rate from elsewhere',
    access: signedIn,
    limit: '100/minute',
    outbound: [upstream],
    reply: plain(z.strictObject({ rate: z.string().max(2000) }), 'a rate of the market'),
    handle: async (_input, { fetch }) => {
      const answer = await fetch(`${upstream}/rate`, {
        reply: z.strictObject({
          rate: z
            .string()
            .regex(/^\d{1,3}\.\d{2}$/)
            .max(6),
        }),
      })
      return { rate: answer.body?.rate ?? '' }
    },
  })
  const probe = endpoint('POST /v1/probe', {
    summary: 'Calls an address that a user gives',
    body: z.strictObject({ url: z.string().max(2000) }),
    access: signedIn,
    limit: '100/minute',
    outbound: 'public',
    reply: plain(z.strictObject({ status: z.int().min(100).max(599) }), 'a status'),
    handle: async ({ body }, { fetch }) => ({ status: (await fetch(body.url, { reply: 'discard' })).status }),
  })
  const webhook = endpoint('POST /v1/webhook', {
    summary: 'Takes a delivery',
    body: signedBy(SENDER, z.strictObject({ event: z.string().max(100) })),
    access: anyone('the sender signs'),
    limit: '100/minute',
    reply: nothing,
    handle: ({ body }) => void delivered.push(body.event),
  })
  const fail = endpoint('GET /v1/fail', {
    summary: 'Fails inside',
    access: role('tester'),
    limit: '100/minute',
    reply: plain(z.strictObject({ ok: z.boolean() }), 'nothing'),
    handle: () => {
      throw new Error(`select secret_column from vault where id = '${randomUUID()}'`)
    },
  })
  return api({ title: 'Side', endpoints: [confirm, ship, refund, charge, rate, probe, webhook, fail] })
}
