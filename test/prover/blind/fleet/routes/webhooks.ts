import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Application, Request } from 'express'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { HttpProblem, notFound, parse } from '../problems.ts'
import { route } from '../router.ts'

const TOLERANCE_SECONDS = 300
const EVENTS_KEPT = 10_000

const carrierEvent = z.strictObject({
  eventId: z.string().min(8).max(64),
  type: z.literal('sim.status'),
  iccid: z.string().regex(/^\d{18,22}$/, 'must be 18 to 22 digits'),
  status: z.enum(['active', 'suspended']),
})

/** The body as it came, which is what the carrier signs. */
const bodies = new WeakMap<object, Buffer>()

export function keepBody(req: object, body: Buffer): void {
  bodies.set(req, body)
}

function isSigned(context: Context, req: Request): boolean {
  const match = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(req.get('X-Carrier-Signature') ?? '')
  if (match?.[1] === undefined || match[2] === undefined) return false
  if (Math.abs(Date.now() / 1000 - Number(match[1])) > TOLERANCE_SECONDS) return false
  const expected = createHmac('sha256', context.carrierSecret)
    .update(`${match[1]}.`)
    .update(bodies.get(req) ?? '')
    .digest()
  return timingSafeEqual(expected, Buffer.from(match[2], 'hex'))
}

export function registerWebhookRoutes(app: Application, context: Context): void {
  route(app, '/v2/webhooks/carrier', {
    post: (req, res) => {
      const unsigned = req.get('X-Carrier-Signature') === undefined && context.faults.has('F28')
      if (!unsigned && !isSigned(context, req)) throw new HttpProblem(401, 'The signature is missing or not valid.')
      const event = parse(carrierEvent, req.body)
      const { carrierEvents, devices } = context.store
      if (carrierEvents.has(event.eventId)) throw new HttpProblem(409, 'The event has been received already.')
      const device = [...devices.values()].find((entry) => entry.iccid === event.iccid)
      if (device === undefined) throw notFound('SIM')
      carrierEvents.add(event.eventId)
      for (const oldest of carrierEvents) {
        if (carrierEvents.size <= EVENTS_KEPT) break
        carrierEvents.delete(oldest)
      }
      device.simStatus = event.status
      device.updatedAt = new Date().toISOString()
      res.status(202).json({ accepted: true })
    },
  })
}
