import { randomBytes } from 'node:crypto'
import { type Algorithm, hash } from '@node-rs/argon2'
import type { Book, Branch, Member, Role, Store } from './model.ts'
import { day } from './model.ts'

export const hashOptions = { algorithm: 2 satisfies Algorithm, memoryCost: 512, timeCost: 1, parallelism: 1 }

const titles: readonly (readonly [string, string, number, string])[] = [
  ['The Left Hand of Darkness', 'Ursula K. Le Guin', 1969, 'fiction'],
  ['Middlemarch', 'George Eliot', 1871, 'fiction'],
  ['A Room of One’s Own', 'Virginia Woolf', 1929, 'essays'],
  ['The Periodic Table', 'Primo Levi', 1975, 'science'],
  ['Silent Spring', 'Rachel Carson', 1962, 'science'],
  ['Things Fall Apart', 'Chinua Achebe', 1958, 'fiction'],
  ['The Making of the English Landscape', 'W. G. Hoskins', 1955, 'history'],
  ['Invisible Cities', 'Italo Calvino', 1972, 'fiction'],
  ['The Summer Book', 'Tove Jansson', 1972, 'fiction'],
  ['The Art of Memory', 'Frances Yates', 1966, 'history'],
  ['Gödel, Escher, Bach', 'Douglas Hofstadter', 1979, 'science'],
  ['The Peregrine', 'J. A. Baker', 1967, 'nature'],
]
const kinds = ['A Guide to', 'Notes on', 'The History of', 'An Introduction to', 'Essays on']
const topics = ['Lighthouses', 'Moss', 'Railways', 'Bookbinding', 'Maps', 'Bees', 'Rivers', 'Type', 'Tides', 'Looms']

function makeBooks(): Book[] {
  return Array.from({ length: 240 }, (_, index) => {
    const known = titles[index]
    const title = `${kinds[index % kinds.length]} ${topics[Math.floor(index / kinds.length) % topics.length]}`
    const volume = 1 + Math.floor(index / 50)
    return {
      id: index + 1,
      isbn: `978${String(1_000_000_000 + index * 7919)}`,
      title: known?.[0] ?? `${title}, vol. ${volume}`,
      author: known?.[1] ?? `R. Author ${1 + (index % 17)}`,
      year: known?.[2] ?? 1950 + (index % 70),
      subject: known?.[3] ?? 'reference',
      copies: 6,
      available: 6,
      coverId: null,
    }
  })
}

type Person = readonly [id: string, name: string, email: string, role: Role, branch: Branch, password: string]

const people: readonly Person[] = [
  ['0b7c5c1e-6d0f-4f3b-9a51-2f6f8f1f7a01', 'Alice Arden', 'alice@example.org', 'member', 'north', 'maple-River-41'],
  ['5b1a34d2-9c0e-4e61-8f0c-7d1b4fb0c602', 'Ben Birch', 'ben@example.org', 'member', 'north', 'copper-Lamp-52'],
  ['c2e9d8f4-13ab-4c57-b0d6-98e1a7c4d503', 'Clara Cole', 'clara@example.org', 'member', 'harbour', 'silver-Gull-63'],
  ['e7f0a1b2-44c3-4d8e-a9f1-3c5d7e9b1204', 'Tom Thorne', 'tom@example.org', 'teacher', 'north', 'chalk-Board-74'],
  [
    '1d3f5a7b-88e6-4b2c-9d04-6a8c0e2f4605',
    'Ursula Unger',
    'ursula@example.org',
    'teacher',
    'harbour',
    'violet-Desk-85',
  ],
  ['94b6d8fa-22c1-4e7f-8b35-1f3e5d7c9a06', 'Lena Lark', 'lena@example.org', 'librarian', 'north', 'quiet-Shelf-96'],
  ['3a5c7e90-66d4-4f1b-a287-c0b2d4f6e807', 'Adam Admin', 'admin@example.org', 'admin', 'central', 'granite-Key-107'],
]

export async function seed(): Promise<Store> {
  const store: Store = {
    members: new Map(),
    books: new Map(makeBooks().map((book) => [book.id, book])),
    reviews: new Map(),
    loans: new Map(),
    holds: new Map(),
    fines: new Map(),
    vouchers: new Map(),
    courses: new Map(),
    enrolments: new Map(),
    lists: new Map(),
    covers: new Map(),
    resetCodes: new Map(),
    revokedTokens: new Map(),
    seenEvents: new Set(),
    outbox: [],
    audit: [],
    fineRules: { centsPerDay: 20, maximumCents: 1500, graceDays: 2 },
    nextId: 5000,
  }
  await Promise.all(
    people.map(async ([id, name, email, role, branch, password], index) => {
      const member: Member = {
        id,
        email,
        name,
        role,
        branch,
        phone: `+44 20 7946 0${100 + index * 11}`,
        address: `${index + 3} Quay Street`,
        cardNumber: `LIB${20_480_000 + index * 7351}`,
        status: 'active',
        staffNote: index < 3 ? 'Identity checked at the desk.' : null,
        creditCents: 5000,
        joinedOn: day(-400 + index),
        passwordHash: await hash(password, hashOptions),
        tokenVersion: 1,
        notifications: { email: true, sms: false, dueReminderDays: 3 },
      }
      store.members.set(id, member)
    }),
  )

  const [alice, ben, clara, tom, ursula] = people.map(([id]) => id) as [string, string, string, string, string]
  let listNumber = 0
  for (const [index, memberId] of [alice, ben, clara, tom].entries()) {
    for (let k = 0; k < 4; k += 1) {
      const bookId = 1 + index * 4 + k
      const id = 1001 + index * 10 + k
      const overdue = k === 0 ? -9 : 12 + k
      const returnedOn = k === 3 ? day(-2) : null
      store.loans.set(id, {
        id,
        memberId,
        bookId,
        borrowedOn: day(overdue - 21),
        dueOn: day(overdue),
        renewals: 0,
        returnedOn,
      })
      const book = store.books.get(bookId)
      if (book !== undefined && returnedOn === null) book.available -= 1
    }
    for (let k = 0; k < 3; k += 1) {
      const holdId = 2001 + index * 10 + k
      const pickupBranch = memberId === clara ? 'harbour' : 'north'
      // Everybody waits for book 60; the other holds are each for a book of its own.
      const bookId = k === 0 ? 60 : 61 + index * 3 + k
      const position = k === 0 ? index + 1 : 1
      store.holds.set(holdId, {
        id: holdId,
        memberId,
        bookId,
        placedOn: day(-5),
        pickupBranch,
        expiresOn: day(40),
        position,
      })
      const fineId = 3001 + index * 10 + k
      const loanId = 1001 + index * 10 + k
      store.fines.set(fineId, {
        id: fineId,
        memberId,
        loanId,
        amountCents: 180 + 60 * k,
        reason: k === 2 ? 'Damaged cover' : 'Late return',
        status: 'open',
        paidCents: 0,
        pendingReference: null,
      })
      const code = `GIFT-${randomBytes(6).toString('hex').toUpperCase()}`
      store.vouchers.set(code, { code, memberId, valueCents: 500, redeemedAt: null })
      listNumber += 1
      const listId = `rl-${String(listNumber).padStart(2, '0')}-${randomBytes(5).toString('hex')}`
      store.lists.set(listId, {
        id: listId,
        ownerId: memberId,
        title: ['To read this winter', 'Favourites', 'For the book club'][k] ?? 'List',
        description: k === 1 ? 'Read more than once.' : null,
        bookIds: [1 + k, 5 + k, 9 + index],
        shares: [],
      })
      const reviewId = 4001 + index * 10 + k
      store.reviews.set(reviewId, {
        id: reviewId,
        bookId: 1 + k,
        memberId,
        rating: 3 + ((index + k) % 3),
        text:
          ['Could not put it down.', 'Slow at first, then wonderful.', 'Lent it to everybody I know.'][k] ?? 'Good.',
        writtenAt: `${day(-30 + k)}T10:00:00.000Z`,
      })
    }
  }
  const owned = (memberId: string) => [...store.lists.values()].filter((list) => list.ownerId === memberId)
  owned(alice)[2]?.shares.push({ id: 'sh-0001', email: 'ben@example.org', canEdit: false })
  owned(alice)[1]?.shares.push({ id: 'sh-0002', email: 'clara@example.org', canEdit: true })
  owned(ben)[2]?.shares.push({ id: 'sh-0003', email: 'clara@example.org', canEdit: false })

  const courses = [
    ['intro-to-archives', 'Introduction to Archives', tom, 'How to find and read old records.'],
    ['creative-writing', 'Creative Writing', tom, 'Ten evenings of short prose.'],
    ['genealogy-basics', 'Genealogy Basics', ursula, 'Trace a family through parish registers.'],
    ['map-reading', 'Reading Old Maps', ursula, 'From estate plans to the first surveys.'],
  ] as const
  for (const [slug, title, teacherId, description] of courses)
    store.courses.set(slug, { slug, title, description, capacity: 12, teacherId })
  const enrolled: readonly (readonly [number, string, string, number | null])[] = [
    [601, 'intro-to-archives', alice, 78],
    [602, 'intro-to-archives', ben, 64],
    [603, 'creative-writing', ben, null],
    [604, 'genealogy-basics', alice, 91],
    [605, 'genealogy-basics', clara, 55],
    [606, 'intro-to-archives', clara, null],
    [607, 'map-reading', clara, 83],
  ]
  for (const [id, courseSlug, memberId, score] of enrolled) {
    const grade = score === null ? null : { score, comment: 'Final assignment' }
    store.enrolments.set(id, { id, courseSlug, memberId, enrolledOn: day(-60), grade })
  }
  return store
}
