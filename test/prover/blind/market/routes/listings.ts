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
  Refusal,
  send,
  signedIn,
  text,
  wholeNumber,
} from '../http.ts'
import { categories, conditions, type Draft, type Listing, type ListingText, newId, now } from '../model.ts'
import * as views from '../views.ts'

const listingText = {
  title: line(80),
  description: text(4000),
  category: z.enum(categories),
  condition: z.enum(conditions),
  priceCents: cents(100, 1_000_000),
  reservePriceCents: cents(100, 1_000_000).nullable().default(null),
}
const newListing = z.strictObject(listingText)
const changeFields = {
  title: listingText.title.optional(),
  description: listingText.description.optional(),
  category: listingText.category.optional(),
  condition: listingText.condition.optional(),
  priceCents: listingText.priceCents.optional(),
  reservePriceCents: cents(100, 1_000_000).nullable().optional(),
}
const draftFields = { ...changeFields, note: text(1000).optional() }

/** Leaves out what was not sent. */
function given<T extends object>(change: T): Partial<T> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as Partial<T>
}

export function listingRoutes(context: Context): Router {
  const { store, faults, fetchImage } = context
  const router = Router()
  const member = signedIn(context)
  const mostPerPage = faults.has('F17') ? 1_000_000 : 50
  const changeBody = z.strictObject(
    faults.has('F16') ? { ...changeFields, featured: z.boolean().optional() } : changeFields,
  )
  const searchQuery = z.object({
    ...pageQuery(mostPerPage),
    q: z.string().trim().max(80).optional(),
    category: z.enum(categories).optional(),
    sellerId: idText.optional(),
    minPriceCents: wholeNumber(0, 1_000_000).default(0),
    maxPriceCents: wholeNumber(0, 1_000_000).default(1_000_000),
    sort: z.enum(['newest', 'price-up', 'price-down']).default('newest'),
  })

  function publicListing(id: string): Listing {
    const item = store.listings.get(id)
    if (item === undefined || item.hidden) throw notFound()
    return item
  }

  function ownListing(id: string, memberId: string): Listing {
    const item = store.listings.get(id)
    if (item === undefined || item.sellerId !== memberId) throw notFound()
    return item
  }

  function ownDraft(id: string, memberId: string): Draft {
    const item = store.drafts.get(id)
    if (item === undefined || item.ownerId !== memberId) throw notFound()
    return item
  }

  function offer(sellerId: string, words: ListingText): Listing {
    const open = [...store.listings.values()].filter((item) => item.sellerId === sellerId && item.status === 'active')
    if (open.length >= 200) throw conflict('too many open listings')
    const item: Listing = {
      ...words,
      id: newId('lst'),
      sellerId,
      status: 'active',
      hidden: false,
      featured: false,
      images: [],
      createdAt: now(),
    }
    store.listings.set(item.id, item)
    return item
  }

  router
    .route('/categories')
    .get((_req, res) => send(res, { items: categories.map((name) => ({ name })), next: null }))
    .all(otherMethods)

  router
    .route('/listings')
    .get((req, res) => {
      const query = parse(searchQuery, req.query)
      const words = query.q?.toLowerCase() ?? ''
      const found = newest(
        store.listings.values(),
        (item) =>
          item.status === 'active' &&
          !item.hidden &&
          item.title.toLowerCase().includes(words) &&
          (query.category === undefined || item.category === query.category) &&
          (query.sellerId === undefined || item.sellerId === query.sellerId) &&
          item.priceCents >= query.minPriceCents &&
          item.priceCents <= query.maxPriceCents,
      )
      if (query.sort === 'price-up') found.sort((a, b) => a.priceCents - b.priceCents)
      if (query.sort === 'price-down') found.sort((a, b) => b.priceCents - a.priceCents)
      const view = (item: Listing) =>
        faults.has('F13')
          ? { ...views.listing(store, item), reservePriceCents: item.reservePriceCents }
          : views.listing(store, item)
      send(res, page(found, query, view))
    })
    .post(member, limited(context, 'listing', 60, 60), (req, res) => {
      const item = offer(memberOf(res).id, parse(newListing, req.body))
      send(res, { listing: views.ownListing(store, item) })
    })
    .all(otherMethods)

  router
    .route('/listings/:listingId')
    .get((req, res) => send(res, { listing: views.listing(store, publicListing(param(req, 'listingId'))) }))
    .patch(member, (req, res) => {
      const change = parse(changeBody, req.body)
      const item = ownListing(param(req, 'listingId'), memberOf(res).id)
      if (item.status !== 'active') throw conflict('already sold')
      Object.assign(item, given(change))
      send(res, { listing: views.ownListing(store, item) })
    })
    .delete(member, (req, res) => {
      const item = ownListing(param(req, 'listingId'), memberOf(res).id)
      if (item.status !== 'active') throw conflict('already sold')
      store.listings.delete(item.id)
      send(res, {})
    })
    .all(otherMethods)

  router
    .route('/listings/:listingId/images')
    .post(member, limited(context, 'image', 10, 60), async (req, res) => {
      const body = parse(z.strictObject({ url: z.string().max(500) }), req.body)
      const item = ownListing(param(req, 'listingId'), memberOf(res).id)
      if (item.images.length >= 8) throw conflict('too many images')
      const fetched = await fetchImage(body.url)
      if (fetched === undefined) throw new Refusal('image not available')
      if (item.images.length >= 8) throw conflict('too many images')
      const image = { id: newId('img'), ...fetched }
      item.images.push(image)
      send(res, { image: { id: image.id, contentType: image.contentType, sizeBytes: image.data.length } })
    })
    .all(otherMethods)

  router
    .route('/listings/:listingId/images/:imageId')
    .get((req, res) => {
      const image = publicListing(param(req, 'listingId')).images.find(({ id }) => id === param(req, 'imageId'))
      if (image === undefined) throw notFound()
      res.set({ 'Content-Type': image.contentType, 'Cache-Control': 'public, max-age=300' }).send(image.data)
    })
    .delete(member, (req, res) => {
      const id = param(req, 'listingId')
      const item = faults.has('F07') ? publicListing(id) : ownListing(id, memberOf(res).id)
      const image = item.images.find(({ id }) => id === param(req, 'imageId'))
      if (image === undefined) throw notFound()
      item.images = item.images.filter((other) => other !== image)
      send(res, {})
    })
    .all(otherMethods)

  router
    .route('/listings/:listingId/reports')
    .post(member, limited(context, 'report', 10, 60), (req, res) => {
      const body = parse(
        z.strictObject({ reason: z.enum(['forbidden', 'fraud', 'spam', 'other']), details: text(1000) }),
        req.body,
      )
      const item = publicListing(param(req, 'listingId'))
      const report = {
        id: newId('rep'),
        listingId: item.id,
        reporterId: memberOf(res).id,
        ...body,
        state: 'open' as const,
        createdAt: now(),
      }
      store.reports.set(report.id, report)
      send(res, { report: { id: report.id, state: report.state } })
    })
    .all(otherMethods)

  router
    .route('/drafts')
    .get(member, (req, res) => {
      const query = parse(z.object({ ...pageQuery(), q: z.string().trim().max(80).optional() }), req.query)
      const words = query.q?.toLowerCase() ?? ''
      const own = newest(
        store.drafts.values(),
        (item) => item.ownerId === memberOf(res).id && item.title.toLowerCase().includes(words),
      )
      send(res, page(own, query, views.draft))
    })
    .post(member, limited(context, 'draft', 60, 60), (req, res) => {
      const { title, ...rest } = parse(z.strictObject({ ...draftFields, title: listingText.title }), req.body)
      const owner = memberOf(res).id
      if ([...store.drafts.values()].filter(({ ownerId }) => ownerId === owner).length >= 200) {
        throw conflict('too many drafts')
      }
      const item: Draft = {
        note: '',
        ...given(rest),
        title,
        id: newId('drf'),
        ownerId: owner,
        updatedAt: now(),
      } as Draft
      store.drafts.set(item.id, item)
      send(res, { draft: views.draft(item) })
    })
    .all(otherMethods)

  router
    .route('/drafts/:draftId')
    .get(member, (req, res) => {
      const id = param(req, 'draftId')
      const item = faults.has('F01') ? store.drafts.get(id) : ownDraft(id, memberOf(res).id)
      if (item === undefined) throw notFound()
      send(res, { draft: views.draft(item) })
    })
    .patch(member, (req, res) => {
      const change = parse(z.strictObject(draftFields), req.body)
      const item = ownDraft(param(req, 'draftId'), memberOf(res).id)
      Object.assign(item, given(change), { updatedAt: now() })
      send(res, { draft: views.draft(item) })
    })
    .delete(member, (req, res) => {
      store.drafts.delete(ownDraft(param(req, 'draftId'), memberOf(res).id).id)
      send(res, {})
    })
    .all(otherMethods)

  router
    .route('/drafts/:draftId/publish')
    .post(member, limited(context, 'listing', 60, 60), (req, res) => {
      noBody(req)
      const { id, ownerId, note: _note, updatedAt: _at, ...words } = ownDraft(param(req, 'draftId'), memberOf(res).id)
      const item = offer(ownerId, parse(newListing, words))
      store.drafts.delete(id)
      send(res, { listing: views.ownListing(store, item) })
    })
    .all(otherMethods)

  return router
}
