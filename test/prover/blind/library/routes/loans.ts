import type { Request, Response, Router } from 'express'
import { z } from 'zod'
import { actorOf, signedIn } from '../auth.ts'
import {
  conflict,
  forbidden,
  idParam,
  limiter,
  notFound,
  paging,
  readBody,
  readQuery,
  route,
  slicePage,
} from '../http.ts'
import type { Context, Loan, Member } from '../model.ts'
import { day, isStaffFor } from '../model.ts'

const createBody = z.strictObject({ loan: z.strictObject({ bookId: z.int().min(1).max(999_999_999) }) })
const renewBody = z.strictObject({ loans: z.array(z.int().min(1).max(999_999_999)).min(1).max(25) })
const filter = { status: z.enum(['open', 'returned', 'overdue']).optional(), memberId: z.uuid().optional() }
const listQuery = z.object({ ...filter, sort: z.enum(['dueOn', '-dueOn']).default('dueOn'), ...paging })
const exportQuery = z.object(filter)

const maxRenewals = 2
const maxOpenLoans = 20

/** A cell that a spreadsheet takes for text. */
function cell(value: string | number | null): string {
  const text = String(value ?? '')
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return `"${plain.replaceAll('"', '""')}"`
}

export function loanRoutes(router: Router, context: Context): void {
  const { store, faults } = context
  const user = signedIn(context)

  const view = (loan: Loan) => {
    const book = store.books.get(loan.bookId)
    const late = loan.returnedOn === null && loan.dueOn < day()
    return {
      ...loan,
      bookTitle: book?.title ?? '',
      status: late ? 'overdue' : loan.returnedOn === null ? 'open' : 'returned',
    }
  }

  const mayTouch = (actor: Member, loan: Loan): boolean =>
    loan.memberId === actor.id || isStaffFor(actor, store.members.get(loan.memberId))

  const visibleLoan = (req: Request, res: Response): Loan => {
    const loan = store.loans.get(idParam(req, 'loanId'))
    if (loan === undefined || !mayTouch(actorOf(res), loan)) throw notFound('loan')
    return loan
  }

  /** Whose loans a list is about: one's own, or, for staff, a member's of the branch. */
  const subjectOf = (actor: Member, memberId: string | undefined): string => {
    if (memberId === undefined || memberId === actor.id) return actor.id
    if (actor.role !== 'librarian' && actor.role !== 'admin') throw forbidden()
    const member = store.members.get(memberId)
    if (member === undefined || !isStaffFor(actor, member)) throw notFound('member')
    return memberId
  }

  const loansOf = (memberId: string, status: string | undefined) =>
    [...store.loans.values()]
      .filter((loan) => loan.memberId === memberId)
      .map(view)
      .filter((loan) => status === undefined || loan.status === status)

  /** Says why a loan may not be renewed, or renews it. */
  const renew = (loan: Loan): string | undefined => {
    if (loan.returnedOn !== null) return 'was returned already'
    if (loan.renewals >= maxRenewals) return 'was renewed too often'
    loan.renewals += 1
    loan.dueOn = day(21)
    return undefined
  }

  route(router, '/loans', {
    get: [
      user,
      (req, res) => {
        const query = readQuery(req, listQuery)
        const loans = loansOf(subjectOf(actorOf(res), query.memberId), query.status)
        const direction = query.sort === 'dueOn' ? 1 : -1
        loans.sort((a, b) => direction * a.dueOn.localeCompare(b.dueOn))
        res.json({ loans: slicePage(loans, query), loansCount: loans.length })
      },
    ],
    post: [
      user,
      (req, res) => {
        const actor = actorOf(res)
        const { loan: given } = readBody(req, createBody)
        const book = store.books.get(given.bookId)
        if (book === undefined) throw notFound('book')
        if (actor.status !== 'active') throw forbidden()
        const open = [...store.loans.values()].filter((loan) => loan.memberId === actor.id && loan.returnedOn === null)
        if (open.length >= maxOpenLoans) throw conflict('loans', 'are too many')
        if (open.some((loan) => loan.bookId === book.id)) throw conflict('bookId', 'is already on loan to you')
        if (book.available < 1) throw conflict('bookId', 'has no copy left')
        book.available -= 1
        const id = store.nextId++
        const loan: Loan = {
          id,
          memberId: actor.id,
          bookId: book.id,
          borrowedOn: day(),
          dueOn: day(21),
          renewals: 0,
          returnedOn: null,
        }
        store.loans.set(id, loan)
        res.status(201).json({ loan: view(loan) })
      },
    ],
  })

  route(router, '/loans/export', {
    get: [
      user,
      limiter({ limit: 60, minutes: 1, key: (_req, res) => actorOf(res).id }),
      (req, res) => {
        const query = readQuery(req, exportQuery)
        const actor = actorOf(res)
        const subject = faults.has('F04') ? (query.memberId ?? actor.id) : subjectOf(actor, query.memberId)
        const rows = loansOf(subject, query.status).map((loan) =>
          [loan.id, loan.bookTitle, loan.borrowedOn, loan.dueOn, loan.returnedOn, loan.status].map(cell).join(','),
        )
        res.set('Content-Disposition', 'attachment; filename="loans.csv"')
        res.type('text/csv').send(['id,title,borrowedOn,dueOn,returnedOn,status', ...rows, ''].join('\r\n'))
      },
    ],
  })

  route(router, '/loans/renew', {
    post: [
      user,
      (req, res) => {
        const actor = actorOf(res)
        const { loans: ids } = readBody(req, renewBody)
        const results = [...new Set(ids)].map((id) => {
          const loan = store.loans.get(id)
          const mine = loan !== undefined && (faults.has('F03') || mayTouch(actor, loan))
          if (!mine) return { id, renewed: false, reason: 'was not found' }
          const reason = renew(loan)
          const bookTitle = store.books.get(loan.bookId)?.title ?? ''
          if (reason !== undefined) return { id, renewed: false, bookTitle, reason }
          return { id, renewed: true, bookTitle, dueOn: loan.dueOn }
        })
        res.json({ results })
      },
    ],
  })

  route(router, '/loans/:loanId', {
    get: [
      user,
      (req, res) => {
        const named = faults.has('F01') ? store.loans.get(idParam(req, 'loanId')) : undefined
        res.json({ loan: view(named ?? visibleLoan(req, res)) })
      },
    ],
  })

  route(router, '/loans/:loanId/renew', {
    post: [
      user,
      (req, res) => {
        const loan = visibleLoan(req, res)
        const reason = renew(loan)
        if (reason !== undefined) throw conflict('loan', reason)
        res.json({ loan: view(loan) })
      },
    ],
  })

  route(router, '/loans/:loanId/return', {
    post: [
      user,
      (req, res) => {
        const loan = visibleLoan(req, res)
        if (loan.returnedOn !== null) throw conflict('loan', 'was returned already')
        loan.returnedOn = day()
        const book = store.books.get(loan.bookId)
        if (book !== undefined) book.available = Math.min(book.copies, book.available + 1)
        res.json({ loan: view(loan) })
      },
    ],
  })
}
