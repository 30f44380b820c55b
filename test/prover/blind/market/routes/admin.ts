import { type RequestHandler, Router } from 'express'
import { z } from 'zod'
import {
  type Context,
  cents,
  conflict,
  idText,
  line,
  memberOf,
  newest,
  noBody,
  notAllowed,
  notFound,
  otherMethods,
  page,
  pageQuery,
  param,
  parse,
  send,
  signedIn,
} from '../http.ts'
import { book, newId, proceeds, type Report } from '../model.ts'
import * as views from '../views.ts'

export function adminRoutes(context: Context): Router {
  const { store, faults } = context
  const router = Router()
  const member = signedIn(context)

  const staff: RequestHandler = (req, res, next) => {
    const inArea = faults.has('F21') ? req.originalUrl.startsWith('/admin/') : true
    if (inArea && memberOf(res).role !== 'admin') throw notAllowed()
    next()
  }
  const admin = [member, staff]

  const reportView = (report: Report) => ({
    id: report.id,
    listingId: report.listingId,
    reporter: views.brief(store, report.reporterId),
    reason: report.reason,
    details: report.details,
    state: report.state,
    createdAt: report.createdAt,
  })

  router
    .route('/admin/members')
    .get(...admin, (req, res) => {
      const query = parse(z.object({ ...pageQuery(), q: z.string().trim().max(80).optional() }), req.query)
      const words = query.q?.toLowerCase() ?? ''
      const found = newest(
        store.members.values(),
        ({ handle, email }) => handle.includes(words) || email.includes(words),
      )
      send(res, page(found, query, views.accountForStaff))
    })
    .all(otherMethods)

  router
    .route('/admin/members/:memberId')
    .get(...admin, (req, res) => {
      const person = store.members.get(param(req, 'memberId'))
      if (person === undefined) throw notFound()
      send(res, { member: views.accountForStaff(person) })
    })
    .patch(...admin, (req, res) => {
      const { status, verified, feePercent } = parse(
        z.strictObject({
          status: z.enum(['active', 'suspended']).optional(),
          verified: z.boolean().optional(),
          feePercent: z.number().min(0).max(30).optional(),
        }),
        req.body,
      )
      const person = store.members.get(param(req, 'memberId'))
      if (person === undefined) throw notFound()
      if (person.role === 'admin' && status === 'suspended') throw conflict('staff cannot be suspended')
      if (status !== undefined) person.status = status
      if (verified !== undefined) person.verified = verified
      if (feePercent !== undefined) person.feePercent = feePercent
      if (person.status === 'suspended') {
        for (const session of store.sessions.values()) {
          if (session.memberId === person.id) store.sessions.delete(session.id)
        }
      }
      send(res, { member: views.accountForStaff(person) })
    })
    .all(otherMethods)

  router
    .route('/admin/reports')
    .get(member, ...(faults.has('F19') ? [] : [staff]), (req, res) => {
      const query = parse(z.object({ ...pageQuery(), state: z.enum(['open', 'closed']).optional() }), req.query)
      const found = newest(store.reports.values(), ({ state }) => query.state === undefined || state === query.state)
      send(res, page(found, query, reportView))
    })
    .all(otherMethods)

  router
    .route('/admin/reports/:reportId')
    .patch(...admin, (req, res) => {
      const body = parse(z.strictObject({ state: z.enum(['open', 'closed']) }), req.body)
      const report = store.reports.get(param(req, 'reportId'))
      if (report === undefined) throw notFound()
      report.state = body.state
      send(res, { report: reportView(report) })
    })
    .all(otherMethods)

  router
    .route('/admin/coupons')
    .get(...admin, (req, res) => {
      const query = parse(z.object(pageQuery()), req.query)
      const all = newest(store.coupons.values(), () => true)
      send(
        res,
        page(all, query, (coupon) => ({ ...views.coupon(coupon), owner: views.brief(store, coupon.ownerId) })),
      )
    })
    .post(member, ...(faults.has('F20') ? [] : [staff]), (req, res) => {
      const body = parse(
        z.strictObject({ memberId: idText, label: line(60), valueCents: cents(100, 10_000) }),
        req.body,
      )
      const owner = store.members.get(body.memberId)
      if (owner === undefined) throw notFound()
      const coupon = {
        id: newId('cpn'),
        ownerId: owner.id,
        label: body.label,
        valueCents: body.valueCents,
        redeemedAt: null,
      }
      store.coupons.set(coupon.id, coupon)
      send(res, { coupon: { ...views.coupon(coupon), owner: views.brief(store, owner.id) } })
    })
    .all(otherMethods)

  router
    .route('/admin/listings/:listingId')
    .patch(...admin, (req, res) => {
      const { hidden, featured } = parse(
        z.strictObject({ hidden: z.boolean().optional(), featured: z.boolean().optional() }),
        req.body,
      )
      const listing = store.listings.get(param(req, 'listingId'))
      if (listing === undefined) throw notFound()
      if (hidden !== undefined) listing.hidden = hidden
      if (featured !== undefined) listing.featured = featured
      send(res, { listing: views.ownListing(store, listing) })
    })
    .all(otherMethods)

  router
    .route('/admin/orders')
    .get(...admin, (req, res) => {
      const query = parse(z.object(pageQuery()), req.query)
      const all = newest(store.orders.values(), () => true)
      send(
        res,
        page(all, query, (order) => views.order(store, order)),
      )
    })
    .all(otherMethods)

  router
    .route('/admin/orders/:orderId/refund')
    .post(...admin, (req, res) => {
      noBody(req)
      const order = store.orders.get(param(req, 'orderId'))
      if (order === undefined) throw notFound()
      if (order.status === 'cancelled' || order.status === 'refunded') throw conflict(`order is ${order.status}`)
      const buyer = store.members.get(order.buyerId)
      const seller = store.members.get(order.sellerId)
      if (buyer === undefined || seller === undefined) throw notFound()
      if (order.status === 'delivered') {
        book(store, seller, 'refund', -proceeds(seller, order), `Order ${order.id} refunded`)
      }
      order.status = 'refunded'
      book(store, buyer, 'refund', order.totalCents, `Order ${order.id} refunded`)
      send(res, { order: views.order(store, order) })
    })
    .all(otherMethods)

  router
    .route('/admin/stats')
    .get(...admin, (_req, res) => {
      const orders = [...store.orders.values()]
      send(res, {
        stats: {
          members: store.members.size,
          listings: store.listings.size,
          orders: orders.length,
          turnoverCents: orders.reduce((sum, order) => sum + order.totalCents, 0),
          openReports: newest(store.reports.values(), ({ state }) => state === 'open').length,
        },
      })
    })
    .all(otherMethods)

  return router
}
