import type { Request, Response, Router } from 'express'
import { z } from 'zod'
import { actorOf, maybeActor, only, signedIn } from '../auth.ts'
import {
  ApiError,
  conflict,
  idParam,
  line,
  notFound,
  paging,
  prose,
  readBody,
  readQuery,
  route,
  slicePage,
  wholeNumber,
} from '../http.ts'
import type { Book, Context, Review } from '../model.ts'
import { isStaffFor, note } from '../model.ts'
import { shareFor } from './lists.ts'

const bookFilter = {
  q: z.string().max(80).optional(),
  author: z.string().max(80).optional(),
  subject: z.string().max(40).optional(),
  year: wholeNumber(1000, 2100).optional(),
  sort: z.enum(['title', '-title', 'year', '-year']).default('title'),
}
const listQuery = z.object({ ...bookFilter, ...paging })
const wideListQuery = z.object({ ...bookFilter, ...paging, limit: wholeNumber(1, 999_999_999).default(20) })
const searchQuery = z.object({
  q: z.string().trim().min(1).max(80),
  type: z.enum(['books', 'courses', 'lists']).default('books'),
  ...paging,
})
const createBody = z.strictObject({
  book: z.strictObject({
    isbn: z.string().regex(/^\d{13}$/, 'must have 13 digits'),
    title: line(200),
    author: line(120),
    year: z.int().min(1000).max(2100),
    subject: line(40),
    copies: z.int().min(1).max(50).default(1),
  }),
})
const reviewFields = { rating: z.int().min(1).max(5), text: prose(2000) }
const reviewBody = z.strictObject({ review: z.strictObject(reviewFields) })
const reviewPatch = z.strictObject({ review: z.strictObject(reviewFields).partial() })

const has = (text: string, part: string | undefined) =>
  part === undefined || text.toLowerCase().includes(part.toLowerCase())

export function bookRoutes(router: Router, context: Context): void {
  const { store, faults } = context
  const user = signedIn(context)

  const view = ({ coverId, ...book }: Book) => ({
    ...book,
    cover: coverId === null ? null : `/api/v1/covers/${coverId}`,
  })
  const bookOf = (req: Request): Book => {
    const book = store.books.get(idParam(req, 'bookId'))
    if (book === undefined) throw notFound('book')
    return book
  }
  const reviewView = ({ id, bookId, memberId, rating, text, writtenAt }: Review) => {
    const author = store.members.get(memberId)
    const review = { id, bookId, rating, text, writtenAt, authorName: author?.name.split(' ')[0] ?? 'a reader' }
    if (!faults.has('F13') || author === undefined) return review
    const { id: authorId, name, email, phone, cardNumber } = author
    return { ...review, author: { id: authorId, name, email, phone, cardNumber } }
  }
  const reviewOf = (req: Request): Review => {
    const review = store.reviews.get(idParam(req, 'reviewId'))
    if (review === undefined || review.bookId !== bookOf(req).id) throw notFound('review')
    return review
  }
  const publicAnswer = (res: Response) => res.set('Cache-Control', 'public, max-age=60')

  route(router, '/books', {
    get: [
      (req, res) => {
        const query = readQuery(req, faults.has('F15') ? wideListQuery : listQuery)
        const books = [...store.books.values()].filter(
          (book) =>
            has(book.title, query.q) &&
            has(book.author, query.author) &&
            has(book.subject, query.subject) &&
            (query.year === undefined || book.year === query.year),
        )
        const direction = query.sort.startsWith('-') ? -1 : 1
        const byYear = query.sort.endsWith('year')
        books.sort((a, b) => direction * (byYear ? a.year - b.year : a.title.localeCompare(b.title)))
        publicAnswer(res).json({ books: slicePage(books, query).map(view), booksCount: books.length })
      },
    ],
    post: [
      user,
      only('librarian', 'admin'),
      (req, res) => {
        const { book: given } = readBody(req, createBody)
        if ([...store.books.values()].some((book) => book.isbn === given.isbn))
          throw conflict('isbn', 'is in the catalogue')
        if (store.books.size >= 5000) throw conflict('books', 'are too many')
        const book: Book = { id: store.nextId++, ...given, available: given.copies, coverId: null }
        store.books.set(book.id, book)
        note(store, actorOf(res), `added book ${book.id}`)
        res.status(201).json({ book: view(book) })
      },
    ],
  })

  route(router, '/books/:bookId', {
    get: [
      (req, res) => {
        const book = bookOf(req)
        publicAnswer(res).json({ book: view(book) })
      },
    ],
  })

  route(router, '/books/:bookId/reviews', {
    get: [
      (req, res) => {
        const book = bookOf(req)
        const query = readQuery(req, z.object(paging))
        const reviews = [...store.reviews.values()].filter((review) => review.bookId === book.id)
        publicAnswer(res).json({ reviews: slicePage(reviews, query).map(reviewView), reviewsCount: reviews.length })
      },
    ],
    post: [
      user,
      (req, res) => {
        const actor = actorOf(res)
        const book = bookOf(req)
        const { review: given } = readBody(req, reviewBody)
        const written = [...store.reviews.values()].some((row) => row.bookId === book.id && row.memberId === actor.id)
        if (written) throw conflict('review', 'was written already')
        const review: Review = {
          id: store.nextId++,
          bookId: book.id,
          memberId: actor.id,
          ...given,
          writtenAt: new Date().toISOString(),
        }
        store.reviews.set(review.id, review)
        res.status(201).json({ review: reviewView(review) })
      },
    ],
  })

  route(router, '/books/:bookId/reviews/:reviewId', {
    patch: [
      user,
      (req, res) => {
        const review = reviewOf(req)
        if (review.memberId !== actorOf(res).id) throw new ApiError(403, { review: ['is not yours'] })
        Object.assign(review, readBody(req, reviewPatch).review)
        res.json({ review: reviewView(review) })
      },
    ],
    delete: [
      user,
      (req, res) => {
        const actor = actorOf(res)
        const review = reviewOf(req)
        const allowed = review.memberId === actor.id || isStaffFor(actor, store.members.get(review.memberId))
        if (!allowed) throw new ApiError(403, { review: ['is not yours'] })
        store.reviews.delete(review.id)
        res.status(204).end()
      },
    ],
  })

  route(router, '/search', {
    get: [
      (req, res) => {
        const actor = maybeActor(context, req, res)
        const query = readQuery(req, searchQuery)
        if (query.type === 'lists' && actor === undefined) throw new ApiError(401, { token: ['is missing or invalid'] })
        const found =
          query.type === 'books'
            ? [...store.books.values()]
                .filter((book) => has(`${book.title} ${book.author}`, query.q))
                .map((book) => ({ type: 'book', id: String(book.id), title: book.title }))
            : query.type === 'courses'
              ? [...store.courses.values()]
                  .filter((course) => has(`${course.title} ${course.description}`, query.q))
                  .map((course) => ({ type: 'course', id: course.slug, title: course.title }))
              : [...store.lists.values()]
                  .filter(
                    (list) => actor !== undefined && (list.ownerId === actor.id || shareFor(list, actor) !== undefined),
                  )
                  .filter((list) => has(list.title, query.q))
                  .map((list) => ({ type: 'list', id: list.id, title: list.title }))
        res.json({ results: slicePage(found, query), resultsCount: found.length })
      },
    ],
  })
}
