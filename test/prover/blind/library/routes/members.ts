import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import { hash } from '@node-rs/argon2'
import type { Request, Response, Router } from 'express'
import { z } from 'zod'
import { actorOf, only, signedIn } from '../auth.ts'
import {
  conflict,
  emailText,
  forbidden,
  invalid,
  line,
  notFound,
  paging,
  prose,
  readBody,
  readQuery,
  route,
  slicePage,
  textParam,
} from '../http.ts'
import type { Context, Member } from '../model.ts'
import { day, isStaffFor, memberByEmail, note, sendMail } from '../model.ts'
import { hashOptions } from '../seed.ts'

const phone = z.string().regex(/^\+?[\d ]{6,20}$/, 'must be a telephone number')
const ownFields = {
  name: line(80).optional(),
  phone: phone.nullable().optional(),
  address: line(200).nullable().optional(),
}
const ownPatch = z.strictObject({ member: z.strictObject(ownFields) })
const widePatch = z.strictObject({
  member: z.strictObject({ ...ownFields, role: z.enum(['member', 'teacher', 'librarian', 'admin']).optional() }),
})
const staffPatch = z.strictObject({
  member: z.strictObject({
    ...ownFields,
    status: z.enum(['active', 'suspended']).optional(),
    staffNote: prose(500).nullable().optional(),
  }),
})
const createBody = z.strictObject({
  member: z.strictObject({
    name: line(80),
    email: emailText,
    phone: phone.nullable().default(null),
    address: line(200).nullable().default(null),
  }),
})
const notificationsBody = z.strictObject({
  notifications: z.strictObject({
    email: z.boolean(),
    sms: z.boolean(),
    dueReminderDays: z.int().min(0).max(14),
  }),
})
const listQuery = z.object({ q: z.string().max(80).optional(), ...paging })

function memberView(member: Member, forStaff: boolean) {
  const { id, name, email, phone, address, cardNumber, branch, role, status, creditCents, joinedOn, staffNote } = member
  const profile = { id, name, email, phone, address, cardNumber, branch, role, status, creditCents, joinedOn }
  return forStaff ? { ...profile, staffNote } : profile
}

export function memberRoutes(router: Router, context: Context): void {
  const { store, faults } = context
  const user = signedIn(context)

  const visibleMember = (req: Request, res: Response): Member => {
    const actor = actorOf(res)
    const member = store.members.get(textParam(req, 'memberId'))
    if (member === undefined || (member !== actor && !isStaffFor(actor, member))) throw notFound('member')
    return member
  }

  route(router, '/members', {
    get: [
      user,
      only('librarian', 'admin'),
      (req, res) => {
        const actor = actorOf(res)
        const query = readQuery(req, listQuery)
        const q = query.q?.toLowerCase() ?? ''
        const found = [...store.members.values()]
          .filter((member) => isStaffFor(actor, member))
          .filter((member) => member.name.toLowerCase().includes(q) || member.cardNumber.toLowerCase().includes(q))
        const members = slicePage(found, query).map(({ id, name, email, cardNumber, branch, status }) => {
          return { id, name, email, cardNumber, branch, status }
        })
        res.json({ members, membersCount: found.length })
      },
    ],
    post: [
      user,
      only('librarian', 'admin'),
      async (req, res) => {
        const actor = actorOf(res)
        const { member: given } = readBody(req, createBody)
        // Nobody knows this password: the new member chooses one with the code of a reset.
        const passwordHash = await hash(randomBytes(24).toString('hex'), hashOptions)
        if (memberByEmail(store, given.email) !== undefined) throw conflict('email', 'is already in use')
        if (store.members.size >= 2000) throw conflict('members', 'are full')
        const member: Member = {
          id: randomUUID(),
          ...given,
          cardNumber: `LIB${randomInt(30_000_000, 99_999_999)}`,
          branch: actor.branch,
          role: 'member',
          status: 'active',
          staffNote: null,
          creditCents: 0,
          joinedOn: day(),
          passwordHash,
          tokenVersion: 1,
          notifications: { email: true, sms: false, dueReminderDays: 3 },
        }
        store.members.set(member.id, member)
        sendMail(store, member.email, 'Welcome to the library', 'Choose a password with “forgotten password”.')
        note(store, actor, `created member ${member.id}`)
        res.status(201).json({ member: memberView(member, true) })
      },
    ],
  })

  route(router, '/members/:memberId', {
    get: [
      user,
      (req, res) => {
        const actor = actorOf(res)
        const named = store.members.get(textParam(req, 'memberId'))
        const anyBranch = faults.has('F07') && actor.role === 'librarian' && named !== undefined
        const member = anyBranch ? named : visibleMember(req, res)
        res.json({ member: memberView(member, anyBranch || isStaffFor(actor, member)) })
      },
    ],
    patch: [
      user,
      (req, res) => {
        const actor = actorOf(res)
        const member = visibleMember(req, res)
        const staff = isStaffFor(actor, member)
        const own = faults.has('F12') ? widePatch : ownPatch
        const { member: changes } = readBody<{ member: object }>(req, staff ? staffPatch : own)
        const present = Object.entries(changes).filter(([, value]) => value !== undefined)
        if (present.length === 0) throw invalid('member', 'must change something')
        Object.assign(member, Object.fromEntries(present))
        note(store, actor, `changed member ${member.id}`)
        res.json({ member: memberView(member, staff) })
      },
    ],
    delete: [
      user,
      only('admin'),
      (req, res) => {
        const actor = actorOf(res)
        const member = visibleMember(req, res)
        if (member === actor) throw conflict('member', 'is yourself')
        if ([...store.courses.values()].some((course) => course.teacherId === member.id))
          throw conflict('member', 'still teaches courses')
        const open = [...store.loans.values()].some((loan) => loan.memberId === member.id && loan.returnedOn === null)
        if (open) throw conflict('member', 'still has loans')
        for (const rows of [store.loans, store.holds, store.fines, store.enrolments, store.reviews])
          for (const [id, row] of rows) if (row.memberId === member.id) rows.delete(id)
        for (const [code, voucher] of store.vouchers) if (voucher.memberId === member.id) store.vouchers.delete(code)
        for (const [id, list] of store.lists) if (list.ownerId === member.id) store.lists.delete(id)
        store.resetCodes.delete(member.id)
        store.members.delete(member.id)
        note(store, actor, `removed member ${member.id}`)
        res.status(204).end()
      },
    ],
  })

  const ownSettings = (req: Request, res: Response): Member => {
    const member = visibleMember(req, res)
    if (member !== actorOf(res)) throw forbidden()
    return member
  }
  route(router, '/members/:memberId/notifications', {
    get: [
      user,
      (req, res) => {
        res.json({ notifications: ownSettings(req, res).notifications })
      },
    ],
    put: [
      user,
      (req, res) => {
        const member = ownSettings(req, res)
        member.notifications = readBody(req, notificationsBody).notifications
        res.json({ notifications: member.notifications })
      },
    ],
  })
}
