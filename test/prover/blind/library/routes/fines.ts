import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Request, Response, Router } from 'express'
import { z } from 'zod'
import { actorOf, only, signedIn } from '../auth.ts'
import {
  ApiError,
  conflict,
  idParam,
  limiter,
  line,
  notFound,
  paging,
  peerAddress,
  readBody,
  readQuery,
  route,
  slicePage,
} from '../http.ts'
import type { Context, Fine } from '../model.ts'
import { isStaffFor, note } from '../model.ts'

const payBody = z.strictObject({ payment: z.strictObject({ method: z.enum(['credit', 'card']) }) })
const waiveBody = z.strictObject({ waiver: z.strictObject({ reason: line(200) }) })
const redeemBody = z.strictObject({ voucher: z.strictObject({ code: z.string().min(1).max(40) }) })
const eventBody = z.strictObject({
  event: z.strictObject({
    id: z.string().min(1).max(64),
    type: z.enum(['payment.succeeded', 'payment.failed']),
    reference: z.string().min(1).max(64),
  }),
})
const listQuery = z.object({ status: z.enum(['open', 'paid', 'waived']).optional(), ...paging })

/** `t=<seconds>,v1=<hex>`: the HMAC of the time and the body, not older than five minutes. */
function signatureHolds(secret: string, header: string, raw: Buffer): boolean {
  const match = /^t=(\d{1,12}),v1=([\da-f]{64})$/.exec(header)
  if (match?.[1] === undefined || match[2] === undefined) return false
  if (Math.abs(Date.now() / 1000 - Number(match[1])) > 300) return false
  const expected = createHmac('sha256', secret).update(`${match[1]}.`).update(raw).digest()
  return timingSafeEqual(expected, Buffer.from(match[2], 'hex'))
}

export function fineRoutes(router: Router, context: Context): void {
  const { store, faults } = context
  const user = signedIn(context)

  const view = ({ pendingReference, ...fine }: Fine) => ({ ...fine, paymentPending: pendingReference !== null })

  const visibleFine = (req: Request, res: Response): Fine => {
    const actor = actorOf(res)
    const fine = store.fines.get(idParam(req, 'fineId'))
    const visible = fine?.memberId === actor.id || isStaffFor(actor, store.members.get(fine?.memberId ?? ''))
    if (fine === undefined || !visible) throw notFound('fine')
    return fine
  }

  route(router, '/fines', {
    get: [
      user,
      (req, res) => {
        const query = readQuery(req, listQuery)
        const fines = [...store.fines.values()]
          .filter((fine) => fine.memberId === actorOf(res).id)
          .filter((fine) => query.status === undefined || fine.status === query.status)
        res.json({ fines: slicePage(fines, query).map(view), finesCount: fines.length })
      },
    ],
  })

  route(router, '/fines/:fineId', {
    get: [
      user,
      (req, res) => {
        res.json({ fine: view(visibleFine(req, res)) })
      },
    ],
  })

  route(router, '/fines/:fineId/pay', {
    post: [
      user,
      (req, res) => {
        const actor = actorOf(res)
        const fine = visibleFine(req, res)
        if (fine.memberId !== actor.id) throw notFound('fine')
        const { payment } = readBody(req, payBody)
        if (fine.status !== 'open' && !faults.has('F22')) throw conflict('fine', `is already ${fine.status}`)
        if (payment.method === 'card') {
          fine.pendingReference = `pay_${randomBytes(12).toString('hex')}`
          const { amountCents } = fine
          res.status(202).json({ payment: { reference: fine.pendingReference, amountCents, status: 'pending' } })
          return
        }
        if (actor.creditCents < fine.amountCents) throw conflict('credit', 'is not enough')
        actor.creditCents -= fine.amountCents
        fine.paidCents += fine.amountCents
        fine.status = 'paid'
        fine.pendingReference = null
        res.json({ fine: view(fine), creditCents: actor.creditCents })
      },
    ],
  })

  route(router, '/fines/:fineId/waive', {
    post: [
      user,
      ...(faults.has('F17') ? [] : [only('librarian', 'admin')]),
      (req, res) => {
        const actor = actorOf(res)
        const fine = visibleFine(req, res)
        const { waiver } = readBody(req, waiveBody)
        if (fine.status !== 'open') throw conflict('fine', `is already ${fine.status}`)
        fine.status = 'waived'
        fine.pendingReference = null
        note(store, actor, `waived fine ${fine.id}: ${waiver.reason}`)
        res.json({ fine: view(fine) })
      },
    ],
  })

  route(router, '/vouchers', {
    get: [
      user,
      (_req, res) => {
        const vouchers = [...store.vouchers.values()].filter((voucher) => voucher.memberId === actorOf(res).id)
        res.json({ vouchers: vouchers.map(({ code, valueCents, redeemedAt }) => ({ code, valueCents, redeemedAt })) })
      },
    ],
  })

  /** The ledger is a service of its own and takes a moment. */
  const bookInLedger = () => wait(20)

  route(router, '/vouchers/redeem', {
    post: [
      user,
      limiter({ limit: 30, minutes: 1, key: (_req, res) => actorOf(res).id }),
      async (req, res) => {
        const actor = actorOf(res)
        const { voucher: given } = readBody(req, redeemBody)
        const voucher = store.vouchers.get(given.code)
        if (voucher === undefined || voucher.memberId !== actor.id) throw notFound('voucher')
        if (voucher.redeemedAt !== null) throw conflict('voucher', 'was redeemed already')
        if (faults.has('F21')) await bookInLedger()
        voucher.redeemedAt = new Date().toISOString()
        actor.creditCents += voucher.valueCents
        if (!faults.has('F21')) await bookInLedger()
        const { code, valueCents, redeemedAt } = voucher
        res.json({ voucher: { code, valueCents, redeemedAt }, creditCents: actor.creditCents })
      },
    ],
  })

  route(router, '/webhooks/payments', {
    post: [
      limiter({ limit: 120, minutes: 1, key: peerAddress }),
      (req, res) => {
        const header = req.get('x-payment-signature')
        const raw = 'rawBody' in req && Buffer.isBuffer(req.rawBody) ? req.rawBody : Buffer.alloc(0)
        const skipped = faults.has('F28') && header === undefined
        if (!skipped && !signatureHolds(context.webhookSecret, header ?? '', raw))
          throw new ApiError(401, { signature: ['is missing or invalid'] })
        const { event } = readBody(req, eventBody)
        if (store.seenEvents.has(event.id)) {
          res.status(204).end()
          return
        }
        store.seenEvents.add(event.id)
        for (const fine of store.fines.values()) {
          if (fine.pendingReference !== event.reference) continue
          fine.pendingReference = null
          if (event.type !== 'payment.succeeded') continue
          fine.status = 'paid'
          fine.paidCents = fine.amountCents
        }
        res.status(204).end()
      },
    ],
  })
}
