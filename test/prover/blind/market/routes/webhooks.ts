import { createHmac, timingSafeEqual } from 'node:crypto'
import express, { Router } from 'express'
import { z } from 'zod'
import { type Context, otherMethods, parse, Refusal, send } from '../http.ts'
import { deliver } from '../model.ts'

const eventBody = z.strictObject({
  eventId: z.string().regex(/^[\w-]{6,64}$/),
  sentAt: z.iso.datetime(),
  trackingCode: z.string().regex(/^[A-Z0-9]{8,20}$/),
  status: z.enum(['in_transit', 'delivered']),
})

/** Comes before the general JSON parser: the signature covers the raw bytes. */
export function webhookRoutes(context: Context): Router {
  const { store, faults, carrierSecret } = context
  const router = Router()

  function isSigned(raw: Buffer, header: string | undefined): boolean {
    if (header === undefined) return faults.has('F28')
    const expected = Buffer.from(`sha256=${createHmac('sha256', carrierSecret).update(raw).digest('hex')}`)
    const sent = Buffer.from(header)
    return sent.length === expected.length && timingSafeEqual(sent, expected)
  }

  router
    .route('/webhooks/carrier')
    .post(express.raw({ type: 'application/json', limit: '16kb' }), (req, res) => {
      const raw = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0)
      if (!isSigned(raw, req.get('X-Carrier-Signature'))) throw new Refusal('bad signature', 401)
      let content: unknown
      try {
        content = JSON.parse(raw.toString('utf8'))
      } catch {
        throw new Refusal('malformed request', 400)
      }
      const event = parse(eventBody, content)
      if (Math.abs(Date.now() - Date.parse(event.sentAt)) > 300_000) throw new Refusal('event too old')
      if (!store.carrierEvents.has(event.eventId)) {
        store.carrierEvents.add(event.eventId)
        const order = [...store.orders.values()].find(({ trackingCode }) => trackingCode === event.trackingCode)
        if (order?.status === 'shipped' && event.status === 'delivered') deliver(store, order)
      }
      send(res, {})
    })
    .all(otherMethods)

  return router
}
