import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Application } from 'express'
import { z } from 'zod'
import type { Access } from '../access.ts'
import { accessTo, authenticate, headerAccess, headerOrgId, need, param, pathAccess } from '../access.ts'
import type { Context } from '../context.ts'
import { HttpProblem, notFound, parse } from '../problems.ts'
import { cursorParameter, limitParameter, page, route } from '../router.ts'
import { sha256 } from '../seed.ts'
import type { Invitation, Membership, Role } from '../store.ts'

const INVITATION_DAYS = 7
const INVITATIONS_PER_ORG = 100
const BOOKING_MILLISECONDS = 20
const RANK: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 }

const role = z.enum(['viewer', 'operator', 'admin'])
const email = z.email().max(254)

const orgChange = z.strictObject({
  name: z.string().trim().min(1).max(80).optional(),
  contactEmail: email.optional(),
})
const roleChange = z.strictObject({ role })
const newInvitation = z.strictObject({ role, email: email.optional() })
const acceptance = z.strictObject({ token: z.string().min(10).max(100) })
const redemption = z.strictObject({ code: z.string().min(4).max(40) })
const planChange = z.strictObject({ plan: z.enum(['starter', 'business', 'enterprise']) })
const pageQuery = z.strictObject({ limit: limitParameter(100, 25), cursor: cursorParameter })

function memberData(context: Context, membership: Membership) {
  const user = context.store.users.get(membership.userId)
  const shown = {
    userId: membership.userId,
    displayName: user?.displayName ?? '',
    email: user?.email ?? '',
    role: membership.role,
    joinedAt: membership.joinedAt,
  }
  if (!context.faults.has('F13')) return shown
  return { ...shown, phone: user?.phone, passwordHash: user?.passwordHash, lastSignInIp: user?.lastSignInIp }
}

function memberOf(context: Context, access: Access, userId: string): Membership {
  const membership = context.store.membership(access.org.id, userId)
  if (membership === undefined) throw notFound('member')
  return membership
}

function keepOneAdmin(context: Context, leaving: Membership): void {
  const others = context.store.memberships.filter(
    (entry) => entry.orgId === leaving.orgId && entry.role === 'admin' && entry.userId !== leaving.userId,
  )
  if (leaving.role === 'admin' && others.length === 0) {
    throw new HttpProblem(409, 'An organisation keeps at least one administrator.')
  }
}

function invitationData(invitation: Invitation) {
  const { tokenHash: _hash, ...rest } = invitation
  return rest
}

function registerMembers(app: Application, context: Context): void {
  route(app, '/v2/orgs/:orgId/members', {
    get: (req, res) => {
      const access = pathAccess(context, req)
      need(access, 'read')
      const members = context.store.memberships.filter((entry) => entry.orgId === access.org.id)
      res.json({ items: members.map((entry) => memberData(context, entry)) })
    },
  })

  route(app, '/v2/orgs/:orgId/members/:userId', {
    patch: (req, res) => {
      const access = pathAccess(context, req)
      need(access, context.faults.has('F16') ? 'write' : 'admin')
      const change = parse(roleChange, req.body)
      const membership = memberOf(context, access, param(req, 'userId'))
      if (change.role !== 'admin') keepOneAdmin(context, membership)
      membership.role = change.role
      context.store.log(access.org.id, access.user.id, 'member.role', membership.userId)
      res.json(memberData(context, membership))
    },
    delete: (req, res) => {
      const access = pathAccess(context, req)
      need(access, 'admin')
      const membership = memberOf(context, access, param(req, 'userId'))
      keepOneAdmin(context, membership)
      context.store.memberships.splice(context.store.memberships.indexOf(membership), 1)
      context.store.log(access.org.id, access.user.id, 'member.removed', membership.userId)
      res.status(204).end()
    },
  })
}

function registerInvitations(app: Application, context: Context): void {
  const { invitations } = context.store
  const pending = (access: Access) =>
    [...invitations.values()].filter((entry) => entry.orgId === access.org.id && entry.acceptedBy === null)

  route(app, '/v2/orgs/:orgId/invitations', {
    get: (req, res) => {
      const access = pathAccess(context, req)
      need(access, 'admin')
      res.json({ items: pending(access).map(invitationData) })
    },
    post: (req, res) => {
      const access = pathAccess(context, req)
      need(access, 'admin')
      context.limits.take('invitation', access.user.id)
      const wanted = parse(newInvitation, req.body)
      if (pending(access).length >= INVITATIONS_PER_ORG) throw new HttpProblem(409, 'Too many pending invitations.')
      const token = `inv_${randomBytes(24).toString('base64url')}`
      const now = Date.now()
      const invitation: Invitation = {
        id: randomUUID(),
        orgId: access.org.id,
        email: wanted.email?.toLowerCase() ?? null,
        role: wanted.role,
        tokenHash: sha256(token),
        invitedBy: access.user.id,
        createdAt: new Date(now).toISOString(),
        expiresAt: new Date(now + INVITATION_DAYS * 86_400_000).toISOString(),
        acceptedBy: null,
      }
      invitations.set(invitation.id, invitation)
      context.store.log(access.org.id, access.user.id, 'invitation.created', invitation.id)
      res.status(201).json({ ...invitationData(invitation), token })
    },
  })

  route(app, '/v2/orgs/:orgId/invitations/:invitationId', {
    delete: (req, res) => {
      const access = pathAccess(context, req)
      need(access, 'admin')
      const invitation = pending(access).find((entry) => entry.id === param(req, 'invitationId'))
      if (invitation === undefined) throw notFound('invitation')
      invitations.delete(invitation.id)
      context.store.log(access.org.id, access.user.id, 'invitation.withdrawn', invitation.id)
      res.status(204).end()
    },
  })

  route(app, '/v2/invitations/accept', {
    post: (req, res) => {
      const caller = authenticate(context, req)
      if (caller.key !== null) throw new HttpProblem(403, 'Invitations are accepted with a bearer token.')
      const { user } = caller
      context.limits.take('invitation-accept', user.id)
      const hash = sha256(parse(acceptance, req.body).token)
      const invitation = [...invitations.values()].find((entry) => entry.tokenHash === hash)
      if (invitation === undefined || (invitation.email !== null && invitation.email !== user.email)) {
        throw notFound('invitation')
      }
      const used = invitation.acceptedBy !== null && !context.faults.has('F21')
      if (used || Date.parse(invitation.expiresAt) <= Date.now()) {
        throw new HttpProblem(410, 'The invitation has been used or has expired.')
      }
      invitation.acceptedBy = user.id
      const { orgId } = invitation
      const existing = context.store.membership(orgId, user.id)
      if (existing === undefined) {
        const joinedAt = new Date().toISOString()
        context.store.memberships.push({ orgId, userId: user.id, role: invitation.role, joinedAt })
      } else if (RANK[invitation.role] > RANK[existing.role]) {
        existing.role = invitation.role
      }
      context.store.log(orgId, user.id, 'invitation.accepted', invitation.id)
      res.json({ orgId, role: context.store.membership(orgId, user.id)?.role })
    },
  })
}

function registerCredits(app: Application, context: Context): void {
  route(app, '/v2/orgs/:orgId/credits', {
    get: (req, res) => {
      const access = pathAccess(context, req)
      need(access, 'read')
      res.json({ credits: access.org.credits })
    },
  })

  route(app, '/v2/orgs/:orgId/credits/redeem', {
    post: async (req, res) => {
      const access = pathAccess(context, req)
      need(access, 'write')
      context.limits.take('voucher-redeem', access.org.id)
      const code = parse(redemption, req.body).code.toUpperCase()
      const amount = context.store.vouchers.get(code)
      if (amount === undefined) throw notFound('voucher')
      const { redemptions } = context.store
      const entry = `${access.org.id} ${code}`
      if (redemptions.has(entry)) throw new HttpProblem(409, 'The voucher has been redeemed already.')
      if (!context.faults.has('F20')) redemptions.add(entry)
      await delay(BOOKING_MILLISECONDS) // the booking in the ledger
      redemptions.add(entry)
      access.org.credits += amount
      context.store.log(access.org.id, access.user.id, 'credits.redeemed', access.org.id)
      res.json({ added: amount, credits: access.org.credits })
    },
  })
}

function registerPlatform(app: Application, context: Context): void {
  const needPlatformAdmin = (req: Parameters<typeof authenticate>[1]) => {
    const caller = authenticate(context, req)
    const orgIds = caller.key === null ? context.store.memberships.map((entry) => entry.orgId) : [caller.key.orgId]
    const administers = orgIds.some((orgId) => accessTo(context, caller, orgId)?.scopes.has('admin'))
    return { administers, platformAdmin: administers && caller.user.platformAdmin }
  }
  const refuse = () => new HttpProblem(403, 'For platform administrators only.')

  route(app, '/v2/admin/orgs', {
    get: (req, res) => {
      const { administers, platformAdmin } = needPlatformAdmin(req)
      if (!(context.faults.has('F19') ? administers : platformAdmin)) throw refuse()
      const { limit, cursor } = parse(pageQuery, req.query)
      res.json(page([...context.store.orgs.values()], cursor, limit))
    },
  })

  route(app, '/v2/admin/orgs/:orgId', {
    patch: (req, res) => {
      if (!needPlatformAdmin(req).platformAdmin) throw refuse()
      const { plan } = parse(planChange, req.body)
      const org = context.store.orgs.get(param(req, 'orgId'))
      if (org === undefined) throw notFound('organisation')
      org.plan = plan
      res.json(org)
    },
  })
}

export function registerOrganisationRoutes(app: Application, context: Context): void {
  route(app, '/v2/orgs', {
    get: (req, res) => {
      const caller = authenticate(context, req)
      const items = [...context.store.orgs.values()].filter((org) =>
        accessTo(context, caller, org.id)?.scopes.has('read'),
      )
      res.json({ items })
    },
  })

  route(app, '/v2/orgs/:orgId', {
    get: (req, res) => {
      const access = pathAccess(context, req)
      need(access, 'read')
      res.json(access.org)
    },
    patch: (req, res) => {
      const access = pathAccess(context, req)
      need(access, 'admin')
      const change = parse(orgChange, req.body)
      if (change.name !== undefined) access.org.name = change.name
      if (change.contactEmail !== undefined) access.org.contactEmail = change.contactEmail
      context.store.log(access.org.id, access.user.id, 'organisation.changed', access.org.id)
      res.json(access.org)
    },
  })

  registerMembers(app, context)
  registerInvitations(app, context)
  registerCredits(app, context)
  registerPlatform(app, context)

  route(app, '/v2/activity', {
    get: (req, res) => {
      let orgId: string
      if (context.faults.has('F06')) {
        authenticate(context, req)
        orgId = headerOrgId(req)
      } else {
        const access = headerAccess(context, req)
        need(access, 'read')
        orgId = access.org.id
      }
      const { limit, cursor } = parse(pageQuery, req.query)
      res.json(page([...(context.store.activity.get(orgId) ?? [])].reverse(), cursor, limit))
    },
  })
}
