import type { Router } from 'express'
import { z } from 'zod'
import { actorOf, only, signedIn } from '../auth.ts'
import { conflict, notFound, paging, readBody, readQuery, route, slicePage, textParam } from '../http.ts'
import type { Context } from '../model.ts'
import { day, isStaffFor, note } from '../model.ts'

const rulesBody = z.strictObject({
  fineRules: z.strictObject({
    centsPerDay: z.int().min(0).max(500),
    maximumCents: z.int().min(0).max(10_000),
    graceDays: z.int().min(0).max(30),
  }),
})
const roleBody = z.strictObject({ role: z.enum(['member', 'teacher', 'librarian', 'admin']) })

export function adminRoutes(router: Router, context: Context): void {
  const { store, faults } = context
  const user = signedIn(context)

  route(router, '/reports/overdue', {
    get: [
      user,
      ...(faults.has('F19') ? [] : [only('librarian', 'admin')]),
      (req, res) => {
        const actor = actorOf(res)
        const query = readQuery(req, z.object(paging))
        const rows = [...store.loans.values()]
          .filter((loan) => loan.returnedOn === null && loan.dueOn < day())
          .flatMap((loan) => {
            const member = store.members.get(loan.memberId)
            const book = store.books.get(loan.bookId)
            if (member === undefined || book === undefined) return []
            if (!isStaffFor(actor, member) && !(faults.has('F19') && member.branch === actor.branch)) return []
            const { name, email, phone, cardNumber } = member
            return [
              { loanId: loan.id, bookTitle: book.title, dueOn: loan.dueOn, member: { name, email, phone, cardNumber } },
            ]
          })
        res.json({ overdue: slicePage(rows, query), overdueCount: rows.length })
      },
    ],
  })

  route(router, '/admin/fine-rules', {
    get: [
      user,
      only('admin'),
      (_req, res) => {
        res.json({ fineRules: store.fineRules })
      },
    ],
    put: [
      user,
      ...(faults.has('F18') ? [] : [only('admin')]),
      (req, res) => {
        store.fineRules = readBody(req, rulesBody).fineRules
        note(store, actorOf(res), 'changed the fine rules')
        res.json({ fineRules: store.fineRules })
      },
    ],
  })

  route(router, '/admin/members/:memberId/role', {
    put: [
      user,
      only('admin'),
      (req, res) => {
        const actor = actorOf(res)
        const { role } = readBody(req, roleBody)
        const member = store.members.get(textParam(req, 'memberId'))
        if (member === undefined) throw notFound('member')
        if (member === actor) throw conflict('member', 'is yourself')
        member.role = role
        note(store, actor, `made ${member.email} ${role}`)
        res.json({ member: { id: member.id, name: member.name, role } })
      },
    ],
  })

  route(router, '/admin/audit', {
    get: [
      user,
      only('admin'),
      (req, res) => {
        const query = readQuery(req, z.object(paging))
        res.json({ audit: slicePage([...store.audit].reverse(), query), auditCount: store.audit.length })
      },
    ],
  })
}
