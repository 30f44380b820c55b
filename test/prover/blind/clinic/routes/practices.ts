import { randomBytes } from 'node:crypto'
import { Router } from 'express'
import { z } from 'zod'
import { adminOf, caller, memberOf } from '../access.ts'
import type { Context } from '../context.ts'
import { conflict, forbidden, line, notFound, paged, pathId, prose, readBody, readPatch } from '../http.ts'
import type { Invitation, User, Voucher } from '../store.ts'

const practiceBody = z.strictObject({
  name: line(80).optional(),
  phone: line(30).optional(),
  address: line(200).optional(),
  notice: prose(500).optional(),
})
const staffBody = z.strictObject({
  role: z.enum(['doctor', 'admin']).optional(),
  active: z.boolean().optional(),
  licenceVerified: z.boolean().optional(),
})
const invitationBody = z.strictObject({
  email: z.string().trim().toLowerCase().max(200).pipe(z.email()),
  name: line(80),
  role: z.enum(['doctor', 'admin']),
})
const today = () => new Date().toISOString().slice(0, 10)
const voucherBody = z.strictObject({
  amountOff: z.int().min(100).max(10_000),
  expiresOn: z.iso.date().refine((date) => date >= today()),
})

const openInvitationsMax = 50
const vouchersMax = 500

const staffView = (user: User) => ({
  id: user.id,
  name: user.name,
  email: user.email,
  role: user.role,
  active: user.active,
  licenceVerified: user.licenceVerified,
  lastLoginAt: user.lastLoginAt,
})
const invitationView = (invitation: Invitation) => ({ ...invitation, status: 'pending' })
const voucherView = ({ code, amountOff, expiresOn }: Voucher) => ({ code, amountOff, expiresOn })

export function practiceRoutes({ store, faults, limits, sessions, signedIn }: Context): Router {
  const router = Router()

  if (faults.has('F20')) {
    router.use((req, res, next) => {
      if (!/^\/practices\/\d+\/audit$/.test(req.path)) return next()
      return signedIn(req, res, (error?: unknown) => {
        next(error ?? (caller(res).role === 'admin' ? undefined : forbidden()))
      })
    })
  }

  router.get('/practices/:practiceId', signedIn, (req, res) => {
    res.json(memberOf(store, caller(res), pathId(req, 'practiceId')))
  })

  router.patch('/practices/:practiceId', signedIn, (req, res) => {
    const user = caller(res)
    const practiceId = pathId(req, 'practiceId')
    const practice = faults.has('F21') ? memberOf(store, user, practiceId) : adminOf(store, user, practiceId)
    const changes = readPatch(req, practiceBody)
    store.note(user, 'practice changed', String(practice.id))
    res.json(Object.assign(practice, changes))
  })

  router.get('/practices/:practiceId/staff', signedIn, (req, res) => {
    const practice = adminOf(store, caller(res), pathId(req, 'practiceId'))
    const staff = [...store.users.values()].filter((user) => user.practiceId === practice.id)
    res.json(paged(req, staff, staffView))
  })

  router.patch('/practices/:practiceId/staff/:userId', signedIn, (req, res) => {
    const admin = caller(res)
    const practice = adminOf(store, admin, pathId(req, 'practiceId'))
    const member = store.users.get(pathId(req, 'userId'))
    if (member === undefined || member.practiceId !== practice.id) throw notFound()
    const changes = readPatch(req, staffBody)
    if (member.id === admin.id) throw conflict(1402, 'Ask another admin to change your own account')
    Object.assign(member, changes)
    if (!member.active) sessions.endAll(member.id)
    store.note(admin, 'staff changed', String(member.id))
    res.json(staffView(member))
  })

  const invitationsOf = (practiceId: number) =>
    [...store.invitations.values()].filter((invitation) => invitation.practiceId === practiceId)

  router.get('/practices/:practiceId/invitations', signedIn, (req, res) => {
    const practice = adminOf(store, caller(res), pathId(req, 'practiceId'))
    res.json(paged(req, invitationsOf(practice.id), invitationView))
  })

  router.post('/practices/:practiceId/invitations', signedIn, limits.invitations, (req, res) => {
    const user = caller(res)
    const practiceId = pathId(req, 'practiceId')
    const practice = faults.has('F19') ? memberOf(store, user, practiceId) : adminOf(store, user, practiceId)
    const body = readBody(req, invitationBody)
    const open = invitationsOf(practice.id)
    if (open.some((invitation) => invitation.email === body.email)) throw conflict(1403, 'Already invited')
    if (open.length >= openInvitationsMax) throw conflict(1404, 'Too many open invitations')
    const invitation: Invitation = {
      id: store.nextId('invitation'),
      practiceId: practice.id,
      ...body,
      invitedBy: user.id,
      createdAt: new Date().toISOString(),
    }
    store.invitations.set(invitation.id, invitation)
    store.note(user, 'invitation', String(invitation.id))
    res.status(201).json(invitationView(invitation))
  })

  router.delete('/practices/:practiceId/invitations/:invitationId', signedIn, (req, res) => {
    const practice = adminOf(store, caller(res), pathId(req, 'practiceId'))
    const invitation = store.invitations.get(pathId(req, 'invitationId'))
    if (invitation === undefined || invitation.practiceId !== practice.id) throw notFound()
    store.invitations.delete(invitation.id)
    res.status(204).end()
  })

  router.get('/practices/:practiceId/audit', signedIn, (req, res) => {
    const user = caller(res)
    const practiceId = pathId(req, 'practiceId')
    const practice = faults.has('F20') ? memberOf(store, user, practiceId) : adminOf(store, user, practiceId)
    const entries = store.audit.filter((entry) => entry.practiceId === practice.id).reverse()
    res.json(paged(req, entries, (entry) => entry))
  })

  const vouchersOf = (practiceId: number) =>
    [...store.vouchers.values()].filter((voucher) => voucher.practiceId === practiceId)

  router.get('/practices/:practiceId/vouchers', signedIn, (req, res) => {
    const practice = memberOf(store, caller(res), pathId(req, 'practiceId'))
    const usable = vouchersOf(practice.id).filter((voucher) => voucher.usedFor === null && voucher.expiresOn >= today())
    res.json(paged(req, usable, voucherView))
  })

  router.post('/practices/:practiceId/vouchers', signedIn, (req, res) => {
    const user = caller(res)
    const practice = adminOf(store, user, pathId(req, 'practiceId'))
    const body = readBody(req, voucherBody)
    if (vouchersOf(practice.id).length >= vouchersMax) throw conflict(1405, 'Too many vouchers')
    const code = `CARE-${randomBytes(6).toString('hex').toUpperCase()}`
    const voucher: Voucher = { code, practiceId: practice.id, ...body, usedFor: null }
    store.vouchers.set(code, voucher)
    store.note(user, 'voucher', code)
    res.status(201).json(voucherView(voucher))
  })

  return router
}
