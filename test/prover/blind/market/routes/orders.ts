import { Router } from 'express'
import { z } from 'zod'
import {
  type Context,
  cents,
  conflict,
  idText,
  limited,
  memberOf,
  newest,
  noBody,
  notFound,
  otherMethods,
  page,
  pageQuery,
  param,
  parse,
  send,
  signedIn,
  text,
} from '../http.ts'
import { book, deliver, newId, now, type Order, shippingCents } from '../model.ts'
import * as views from '../views.ts'

const orderFields = { listingId: idText, addressId: idText, note: text(500).default('') }

export function orderRoutes(context: Context): Router {
  const { store, faults } = context
  const router = Router()
  const member = signedIn(context)
  const orderBody = z.strictObject({
    ...orderFields,
    ...(faults.has('F15') ? { totalCents: cents(0, 10_000_000).optional() } : {}),
  }) as z.ZodType<z.output<z.ZodObject<typeof orderFields>> & { totalCents?: number }>

  const isParty = (order: Order, memberId: string) => order.buyerId === memberId || order.sellerId === memberId

  function partyOrder(id: string, memberId: string): Order {
    const order = store.orders.get(id)
    if (order === undefined || !isParty(order, memberId)) throw notFound()
    return order
  }

  router
    .route('/orders')
    .get(member, (req, res) => {
      const query = parse(
        z.object({
          ...pageQuery(),
          role: z.enum(['buyer', 'seller']).optional(),
          status: z.enum(['paid', 'shipped', 'delivered', 'cancelled', 'refunded']).optional(),
          counterpart: idText.optional(),
        }),
        req.query,
      )
      const me = memberOf(res).id
      const other = query.counterpart
      const found = newest(store.orders.values(), (order) => {
        if (query.status !== undefined && order.status !== query.status) return false
        if (other !== undefined && faults.has('F05')) return isParty(order, other)
        if (query.role === 'buyer' && order.buyerId !== me) return false
        if (query.role === 'seller' && order.sellerId !== me) return false
        return isParty(order, me) && (other === undefined || (other !== me && isParty(order, other)))
      })
      send(
        res,
        page(found, query, (order) => views.order(store, order)),
      )
    })
    .post(member, limited(context, 'order', 30, 60), (req, res) => {
      const body = parse(orderBody, req.body)
      const buyer = memberOf(res)
      const listing = store.listings.get(body.listingId)
      const address = store.addresses.get(body.addressId)
      if (listing === undefined || listing.hidden) throw notFound()
      if (address === undefined || address.ownerId !== buyer.id) throw notFound()
      if (listing.sellerId === buyer.id) throw conflict('own listing')
      if (listing.status !== 'active') throw conflict('already sold')
      const totalCents = body.totalCents ?? listing.priceCents + shippingCents
      if (buyer.balanceCents < totalCents) throw conflict('balance too low')
      const { recipient, street, postcode, city, country } = address
      const order: Order = {
        id: newId('ord'),
        listingId: listing.id,
        title: listing.title,
        buyerId: buyer.id,
        sellerId: listing.sellerId,
        totalCents,
        shipTo: { recipient, street, postcode, city, country },
        note: body.note,
        status: 'paid',
        trackingCode: null,
        rated: false,
        placedAt: now(),
      }
      listing.status = 'sold'
      store.orders.set(order.id, order)
      book(store, buyer, 'purchase', -totalCents, `Order ${order.id}`)
      send(res, { order: views.order(store, order) })
    })
    .all(otherMethods)

  router
    .route('/orders/lookup')
    .post(member, limited(context, 'lookup', 60, 60), (req, res) => {
      const { ids } = parse(z.strictObject({ ids: z.array(idText).min(1).max(20) }), req.body)
      const me = memberOf(res).id
      const orders = [...new Set(ids)].flatMap((id) => store.orders.get(id) ?? [])
      const shown = faults.has('F06') ? orders : orders.filter((order) => isParty(order, me))
      send(res, { items: shown.map((order) => views.order(store, order)), next: null })
    })
    .all(otherMethods)

  router
    .route('/orders/:orderId')
    .get(member, (req, res) => {
      send(res, { order: views.order(store, partyOrder(param(req, 'orderId'), memberOf(res).id)) })
    })
    .all(otherMethods)

  router
    .route('/orders/:orderId/invoice')
    .get(member, (req, res) => {
      const id = param(req, 'orderId')
      const order = faults.has('F02') ? store.orders.get(id) : partyOrder(id, memberOf(res).id)
      if (order === undefined) throw notFound()
      send(res, {
        invoice: {
          number: `INV-${order.id.slice(4).toUpperCase()}`,
          orderId: order.id,
          date: order.placedAt.slice(0, 10),
          billTo: order.shipTo,
          soldBy: views.brief(store, order.sellerId).handle,
          lines: [{ text: order.title, amountCents: order.totalCents }],
          totalCents: order.totalCents,
        },
      })
    })
    .all(otherMethods)

  router
    .route('/orders/:orderId/cancel')
    .post(member, (req, res) => {
      noBody(req)
      const buyer = memberOf(res)
      const order = partyOrder(param(req, 'orderId'), buyer.id)
      if (order.buyerId !== buyer.id) throw conflict('only the buyer can do this')
      if (order.status !== 'paid') throw conflict(`order is ${order.status}`)
      order.status = 'cancelled'
      book(store, buyer, 'refund', order.totalCents, `Order ${order.id} cancelled`)
      const listing = store.listings.get(order.listingId)
      if (listing !== undefined) listing.status = 'active'
      send(res, { order: views.order(store, order) })
    })
    .all(otherMethods)

  router
    .route('/orders/:orderId/ship')
    .post(member, (req, res) => {
      const body = parse(z.strictObject({ trackingCode: z.string().regex(/^[A-Z0-9]{8,20}$/) }), req.body)
      const me = memberOf(res).id
      const order = partyOrder(param(req, 'orderId'), me)
      if (order.sellerId !== me) throw conflict('only the seller can do this')
      if (order.status !== 'paid') throw conflict(`order is ${order.status}`)
      if ([...store.orders.values()].some(({ trackingCode }) => trackingCode === body.trackingCode)) {
        throw conflict('tracking code not usable')
      }
      order.status = 'shipped'
      order.trackingCode = body.trackingCode
      send(res, { order: views.order(store, order) })
    })
    .all(otherMethods)

  router
    .route('/orders/:orderId/receipt')
    .post(member, (req, res) => {
      noBody(req)
      const me = memberOf(res).id
      const order = partyOrder(param(req, 'orderId'), me)
      if (order.buyerId !== me) throw conflict('only the buyer can do this')
      if (order.status !== 'shipped') throw conflict(`order is ${order.status}`)
      deliver(store, order)
      send(res, { order: views.order(store, order) })
    })
    .all(otherMethods)

  router
    .route('/orders/:orderId/rating')
    .post(member, (req, res) => {
      const body = parse(
        z.strictObject({ stars: z.number().int().min(1).max(5), comment: text(500).default('') }),
        req.body,
      )
      const me = memberOf(res).id
      const order = partyOrder(param(req, 'orderId'), me)
      if (order.buyerId !== me) throw conflict('only the buyer can do this')
      if (order.status !== 'delivered') throw conflict(`order is ${order.status}`)
      if (order.rated && !faults.has('F23')) throw conflict('already rated')
      order.rated = true
      const rating = {
        id: newId('rat'),
        orderId: order.id,
        sellerId: order.sellerId,
        authorId: me,
        ...body,
        createdAt: now(),
      }
      store.ratings.set(rating.id, rating)
      send(res, { rating: views.rating(store, rating) })
    })
    .all(otherMethods)

  if (faults.has('F27')) {
    router.get('/v1/orders/:orderId', (req, res) => {
      const order = store.orders.get(param(req, 'orderId'))
      if (order === undefined) throw notFound()
      send(res, { order: views.order(store, order) })
    })
  }

  return router
}
