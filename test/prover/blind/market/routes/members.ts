import { randomInt } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'
import { Router } from 'express'
import { z } from 'zod'
import {
  type Context,
  limited,
  line,
  memberOf,
  newest,
  newPassword,
  notFound,
  otherMethods,
  page,
  pageQuery,
  param,
  parse,
  Refusal,
  send,
  sessionOf,
  signedIn,
  text,
} from '../http.ts'
import { now } from '../model.ts'
import * as views from '../views.ts'
import { hashing } from './session.ts'

const accountChange = { displayName: line(60).optional(), bio: text(500).optional() }
const staffFields = { verified: z.boolean().optional(), feePercent: z.number().min(0).max(30).optional() }

export function memberRoutes(context: Context): Router {
  const { store, faults } = context
  const router = Router()
  const member = signedIn(context)
  const changeBody = z.strictObject(faults.has('F14') ? { ...accountChange, ...staffFields } : accountChange)

  router
    .route('/members/:memberId')
    .get((req, res) => {
      const person = store.members.get(param(req, 'memberId'))
      if (person === undefined || person.status !== 'active') throw notFound()
      const shown = views.profile(store, person)
      send(res, { member: faults.has('F12') ? { ...shown, email: person.email, phone: person.phone } : shown })
    })
    .all(otherMethods)

  router
    .route('/members/:memberId/ratings')
    .get((req, res) => {
      const query = parse(z.object(pageQuery()), req.query)
      const person = store.members.get(param(req, 'memberId'))
      if (person === undefined || person.status !== 'active') throw notFound()
      const ratings = newest(store.ratings.values(), ({ sellerId }) => sellerId === person.id)
      send(
        res,
        page(ratings, query, (item) => views.rating(store, item)),
      )
    })
    .all(otherMethods)

  router
    .route('/ratings/:ratingId')
    .patch(member, (req, res) => {
      const body = parse(
        z.strictObject({ stars: z.number().int().min(1).max(5).optional(), comment: text(500).optional() }),
        req.body,
      )
      const rating = store.ratings.get(param(req, 'ratingId'))
      if (rating === undefined || rating.authorId !== memberOf(res).id) throw notFound()
      rating.stars = body.stars ?? rating.stars
      rating.comment = body.comment ?? rating.comment
      send(res, { rating: views.rating(store, rating) })
    })
    .delete(member, (req, res) => {
      const rating = store.ratings.get(param(req, 'ratingId'))
      if (rating === undefined || rating.authorId !== memberOf(res).id) throw notFound()
      store.ratings.delete(rating.id)
      send(res, {})
    })
    .all(otherMethods)

  router
    .route('/me')
    .get(member, (_req, res) => send(res, { member: views.ownAccount(memberOf(res)) }))
    .patch(member, (req, res) => {
      const { displayName, bio, ...others } = parse(changeBody, req.body)
      const person = memberOf(res)
      if (displayName !== undefined) person.displayName = displayName
      if (bio !== undefined) person.bio = bio
      Object.assign(person, others)
      send(res, { member: views.ownAccount(person) })
    })
    .all(otherMethods)

  router
    .route('/me/password')
    .post(member, limited(context, 'password', 5, 60), async (req, res) => {
      const body = parse(z.strictObject({ currentPassword: z.string().min(1).max(128), newPassword }), req.body)
      const person = memberOf(res)
      if (!(await verify(person.passwordHash, body.currentPassword))) throw new Refusal('wrong password')
      person.passwordHash = await hash(body.newPassword, hashing)
      for (const session of store.sessions.values()) {
        if (session.memberId === person.id && session !== sessionOf(res)) store.sessions.delete(session.id)
      }
      send(res, {})
    })
    .all(otherMethods)

  const smsLimit = faults.has('F18') ? [] : [limited(context, 'sms', 5, 600)]
  router
    .route('/me/phone-verifications')
    .post(member, ...smsLimit, (req, res) => {
      const body = parse(z.strictObject({ phone: z.string().regex(/^\+[1-9]\d{6,14}$/) }), req.body)
      const code = String(randomInt(1_000_000)).padStart(6, '0')
      store.phoneChecks.set(memberOf(res).id, { phone: body.phone, code, attemptsLeft: 5 })
      send(res, { message: 'A text message with a code is on its way.', sentAt: now() })
    })
    .all(otherMethods)

  router
    .route('/me/phone-verifications/confirm')
    .post(member, limited(context, 'sms-confirm', 10, 600), (req, res) => {
      const body = parse(z.strictObject({ code: z.string().regex(/^\d{6}$/) }), req.body)
      const person = memberOf(res)
      const check = store.phoneChecks.get(person.id)
      if (check === undefined || check.attemptsLeft === 0) throw new Refusal('wrong code')
      check.attemptsLeft -= 1
      if (check.code !== body.code) throw new Refusal('wrong code')
      store.phoneChecks.delete(person.id)
      person.phone = check.phone
      send(res, { member: views.ownAccount(person) })
    })
    .all(otherMethods)

  router
    .route('/me/listings')
    .get(member, (req, res) => {
      const query = parse(z.object(pageQuery()), req.query)
      const own = newest(store.listings.values(), ({ sellerId }) => sellerId === memberOf(res).id)
      send(
        res,
        page(own, query, (item) => views.ownListing(store, item)),
      )
    })
    .all(otherMethods)

  router
    .route('/me/reports')
    .get(member, (req, res) => {
      const query = parse(z.object(pageQuery()), req.query)
      const own = newest(store.reports.values(), ({ reporterId }) => reporterId === memberOf(res).id)
      send(
        res,
        page(own, query, ({ id, listingId, reason, details, state, createdAt }) => ({
          id,
          listingId,
          reason,
          details,
          state,
          createdAt,
        })),
      )
    })
    .all(otherMethods)

  router
    .route('/me/export')
    .get(member, limited(context, 'export', 10, 60), (_req, res) => {
      const person = memberOf(res)
      const owned = <T extends { readonly ownerId: string }>(items: Map<string, T>) =>
        newest(items.values(), ({ ownerId }) => ownerId === person.id)
      res.set('Content-Disposition', 'attachment; filename="market-export.json"')
      send(res, {
        member: views.ownAccount(person),
        balanceCents: person.balanceCents,
        addresses: owned(store.addresses).map(views.address),
        drafts: owned(store.drafts).map(views.draft),
        listings: newest(store.listings.values(), ({ sellerId }) => sellerId === person.id).map((item) =>
          views.ownListing(store, item),
        ),
        orders: newest(
          store.orders.values(),
          ({ buyerId, sellerId }) => buyerId === person.id || sellerId === person.id,
        ).map((item) => views.order(store, item)),
        messages: newest(store.messages.values(), ({ senderId }) => senderId === person.id).map((item) =>
          views.message(store, item),
        ),
      })
    })
    .all(otherMethods)

  return router
}
