import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Request } from 'express'
import express, { Router } from 'express'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { ApiError, conflict, invalid, line, notFound, parse, prose } from '../http.ts'

/** Agreed with the laboratory for the test environment. */
const labSecret = 'lab-test-environment-5b1f0c9e'
const windowSeconds = 300

const deliveryBody = z.strictObject({
  deliveryId: z.string().regex(/^[\w-]{8,64}$/),
  orderId: z.int().min(1).max(999_999_999),
  status: z.enum(['done', 'failed']),
  results: z.array(z.strictObject({ name: line(60), value: z.number().min(-1e6).max(1e6), unit: line(20) })).max(50),
  comment: prose(500).default(''),
})

const unsigned = () => new ApiError(401, 1102, 'Signature missing or wrong')

function checkSignature(req: Request, body: Buffer): void {
  const timestamp = req.get('x-lab-timestamp') ?? ''
  const given = /^sha256=([0-9a-f]{64})$/.exec(req.get('x-lab-signature') ?? '')?.[1]
  if (given === undefined || !/^\d{1,12}$/.test(timestamp)) throw unsigned()
  const expected = createHmac('sha256', labSecret).update(`${timestamp}.`).update(body).digest()
  if (!timingSafeEqual(expected, Buffer.from(given, 'hex'))) throw unsigned()
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > windowSeconds) throw unsigned()
}

function json(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw invalid('Malformed JSON')
  }
}

export function hookRoutes({ store, faults, limits }: Context): Router {
  const router = Router()
  /** Deliveries of the last minutes and when they may be forgotten. */
  const seen = new Map<string, number>()

  router.post('/hooks/lab', limits.hooks, express.raw({ type: 'application/json', limit: '32kb' }), (req, res) => {
    const content: Buffer = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0)
    const signed = req.get('x-lab-signature') !== undefined
    if (signed || !faults.has('F28')) checkSignature(req, content)
    const delivery = parse(deliveryBody, json(content))
    const now = Date.now()
    for (const [id, until] of seen) if (until < now) seen.delete(id)
    if (seen.has(delivery.deliveryId)) throw conflict(1430, 'This delivery has arrived already')
    const order = store.labOrders.get(delivery.orderId)
    if (order === undefined) throw notFound()
    if (order.status !== 'sent') throw conflict(1431, 'This order is closed')
    seen.set(delivery.deliveryId, now + 2 * windowSeconds * 1000)
    Object.assign(order, { status: delivery.status, results: delivery.results, comment: delivery.comment })
    res.json({ accepted: true })
  })

  return router
}
