import { setTimeout as pause } from 'node:timers/promises'
import { Router } from 'express'
import { z } from 'zod'
import {
  type Context,
  cents,
  conflict,
  idText,
  limited,
  line,
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
} from '../http.ts'
import { type Address, book, newId, now, type WalletEntry } from '../model.ts'
import * as views from '../views.ts'

const addressFields = {
  label: line(40),
  recipient: line(80),
  street: line(120),
  postcode: z.string().regex(/^[A-Z0-9][A-Z0-9 -]{2,9}$/),
  city: line(80),
  country: z.string().regex(/^[A-Z]{2}$/),
}
const newAddress = z.strictObject(addressFields)

const entryView = ({ id, kind, amountCents, memo, bookedAt }: WalletEntry) => ({
  id,
  kind,
  amountCents,
  memo,
  bookedAt,
})

export function walletRoutes(context: Context): Router {
  const { store, faults } = context
  const router = Router()
  const member = signedIn(context)

  router
    .route('/wallet')
    .get(member, (_req, res) => send(res, { wallet: { balanceCents: memberOf(res).balanceCents, currency: 'EUR' } }))
    .all(otherMethods)

  router
    .route('/wallet/entries')
    .get(member, (req, res) => {
      const query = parse(z.object(pageQuery()), req.query)
      const own = newest(store.entries.values(), ({ ownerId }) => ownerId === memberOf(res).id)
      send(res, page(own, query, entryView))
    })
    .all(otherMethods)

  router
    .route('/wallet/entries/:entryId')
    .get(member, (req, res) => {
      const entry = store.entries.get(param(req, 'entryId'))
      if (entry === undefined || entry.ownerId !== memberOf(res).id) throw notFound()
      send(res, { entry: entryView(entry) })
    })
    .all(otherMethods)

  router
    .route('/wallet/transfers')
    .post(member, limited(context, 'transfer', 30, 60), (req, res) => {
      const body = parse(
        z.strictObject({ toMemberId: idText, amountCents: cents(1, 50_000), memo: line(80).default('Transfer') }),
        req.body,
      )
      const from = memberOf(res)
      const to = store.members.get(body.toMemberId)
      if (to === undefined || to.status !== 'active') throw notFound()
      if (to === from) throw conflict('own wallet')
      if (from.balanceCents < body.amountCents) throw conflict('balance too low')
      const entry = book(store, from, 'transfer', -body.amountCents, body.memo)
      book(store, to, 'transfer', body.amountCents, body.memo)
      send(res, { entry: entryView(entry), balanceCents: from.balanceCents })
    })
    .all(otherMethods)

  router
    .route('/coupons')
    .get(member, (req, res) => {
      const query = parse(z.object(pageQuery()), req.query)
      const own = newest(store.coupons.values(), ({ ownerId }) => ownerId === memberOf(res).id)
      send(res, page(own, query, views.coupon))
    })
    .all(otherMethods)

  router
    .route('/coupons/:couponId')
    .get(member, (req, res) => {
      const coupon = store.coupons.get(param(req, 'couponId'))
      if (coupon === undefined || coupon.ownerId !== memberOf(res).id) throw notFound()
      send(res, { coupon: views.coupon(coupon) })
    })
    .all(otherMethods)

  // The ledger takes a moment to confirm.
  const confirmedByLedger = () => pause(25)

  router
    .route('/coupons/:couponId/redeem')
    .post(member, limited(context, 'redeem', 60, 60), async (req, res) => {
      noBody(req)
      const person = memberOf(res)
      const coupon = store.coupons.get(param(req, 'couponId'))
      if (coupon === undefined || coupon.ownerId !== person.id) throw notFound()
      if (coupon.redeemedAt !== null) throw conflict('already redeemed')
      if (!faults.has('F22')) coupon.redeemedAt = now()
      await confirmedByLedger()
      coupon.redeemedAt ??= now()
      book(store, person, 'coupon', coupon.valueCents, coupon.label)
      send(res, { coupon: views.coupon(coupon), balanceCents: person.balanceCents })
    })
    .all(otherMethods)

  function ownAddress(id: string, memberId: string): Address {
    const item = store.addresses.get(id)
    if (item === undefined || item.ownerId !== memberId) throw notFound()
    return item
  }

  router
    .route('/addresses')
    .get(member, (req, res) => {
      const query = parse(z.object(pageQuery()), req.query)
      const own = newest(store.addresses.values(), ({ ownerId }) => ownerId === memberOf(res).id)
      send(res, page(own, query, views.address))
    })
    .post(member, limited(context, 'address', 60, 60), (req, res) => {
      const body = parse(newAddress, req.body)
      const owner = memberOf(res).id
      if ([...store.addresses.values()].filter(({ ownerId }) => ownerId === owner).length >= 100) {
        throw conflict('too many addresses')
      }
      const item = { id: newId('adr'), ownerId: owner, ...body }
      store.addresses.set(item.id, item)
      send(res, { address: views.address(item) })
    })
    .all(otherMethods)

  router
    .route('/addresses/:addressId')
    .get(member, (req, res) => {
      send(res, { address: views.address(ownAddress(param(req, 'addressId'), memberOf(res).id)) })
    })
    .patch(member, (req, res) => {
      const change = parse(newAddress.partial(), req.body)
      const id = param(req, 'addressId')
      const item = faults.has('F03') ? store.addresses.get(id) : ownAddress(id, memberOf(res).id)
      if (item === undefined) throw notFound()
      Object.assign(item, change)
      send(res, { address: views.address(item) })
    })
    .delete(member, (req, res) => {
      store.addresses.delete(ownAddress(param(req, 'addressId'), memberOf(res).id).id)
      send(res, {})
    })
    .all(otherMethods)

  return router
}
