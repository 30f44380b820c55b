import { randomInt, timingSafeEqual } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'
import type { Request, Router } from 'express'
import { z } from 'zod'
import { actorOf, claimsOf, issueToken, revoke, signedIn } from '../auth.ts'
import { ApiError, emailText, invalid, limiter, peerAddress, readBody, route } from '../http.ts'
import type { Context, Member } from '../model.ts'
import { memberByEmail, note, sendMail } from '../model.ts'
import { hashOptions } from '../seed.ts'

const credentials = z.strictObject({ email: z.string().min(3).max(120), password: z.string().min(1).max(128) })
const newPassword = z.string().min(10).max(128)
const loginBody = z.strictObject({ user: credentials })
const resetBody = z.strictObject({ user: z.strictObject({ email: emailText }) })
const confirmBody = z.strictObject({
  user: z.strictObject({
    email: emailText,
    code: z.string().regex(/^\d{6}$/, 'must have six digits'),
    password: newPassword,
  }),
})
const passwordBody = z.strictObject({
  user: z.strictObject({ currentPassword: z.string().min(1).max(128), password: newPassword }),
})

/** The account a request is about, for counting; not yet checked. */
function namedEmail(req: Request): string {
  const body: unknown = req.body
  const user: unknown = typeof body === 'object' && body !== null && 'user' in body ? body.user : body
  const email: unknown = typeof user === 'object' && user !== null && 'email' in user ? user.email : undefined
  return typeof email === 'string' ? email.trim().toLowerCase().slice(0, 120) : ''
}

function sameCode(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}

const codeLifetime = 15 * 60_000
const codeAttempts = 5

export function userRoutes(router: Router, context: Context): void {
  const { store, faults } = context
  const unknownHash = hash('nobody has this password', hashOptions)

  const callerAddress = (req: Request): string => {
    const forwarded = req.headers['x-forwarded-for']
    if (faults.has('F10') && typeof forwarded === 'string') return forwarded.split(',')[0]?.trim() ?? ''
    return peerAddress(req)
  }
  const view = (member: Member) => {
    const { id, email, name, role, branch } = member
    return { id, email, name, role, branch, token: issueToken(context, member) }
  }

  const signInPerAddress = limiter({ limit: 120, minutes: 1, key: callerAddress })
  const signInPerAccount = limiter({
    limit: 8,
    minutes: 1,
    failuresOnly: true,
    key: (req) => `${callerAddress(req)} ${namedEmail(req)}`,
  })
  route(router, '/users/login', {
    post: [
      signInPerAddress,
      signInPerAccount,
      async (req, res) => {
        const form = req.is('application/x-www-form-urlencoded') !== false
        const given = form ? readBody(req, credentials) : readBody(req, loginBody).user
        const member = memberByEmail(store, given.email.trim())
        const right = await verify(member?.passwordHash ?? (await unknownHash), given.password)
        if (member === undefined || !right) throw new ApiError(401, { 'email or password': ['is invalid'] })
        res.json({ user: view(member) })
      },
    ],
  })

  route(router, '/users/logout', {
    post: [
      signedIn(context),
      (_req, res) => {
        if (!faults.has('F11')) revoke(context, claimsOf(res))
        res.status(204).end()
      },
    ],
  })

  route(router, '/user', {
    get: [
      signedIn(context),
      (_req, res) => {
        const { id, email, name, role, branch } = actorOf(res)
        res.json({ user: { id, email, name, role, branch } })
      },
    ],
  })

  route(router, '/user/password', {
    put: [
      signedIn(context),
      limiter({ limit: 6, minutes: 1, failuresOnly: true, key: (_req, res) => actorOf(res).id }),
      async (req, res) => {
        const actor = actorOf(res)
        const { user } = readBody(req, passwordBody)
        const right = await verify(actor.passwordHash, user.currentPassword)
        if (!right) throw invalid('currentPassword', 'is wrong')
        actor.passwordHash = await hash(user.password, hashOptions)
        actor.tokenVersion += 1
        note(store, actor, 'changed the password')
        res.json({ user: view(actor) })
      },
    ],
  })

  const resetLimits = faults.has('F16')
    ? []
    : [
        limiter({ limit: 5, minutes: 10, key: (req) => `${peerAddress(req)} ${namedEmail(req)}` }),
        limiter({ limit: 60, minutes: 10, key: peerAddress }),
      ]
  route(router, '/users/password-reset', {
    post: [
      ...resetLimits,
      (req, res) => {
        const { user } = readBody(req, resetBody)
        const member = memberByEmail(store, user.email)
        if (member !== undefined) {
          const code = String(randomInt(1_000_000)).padStart(6, '0')
          store.resetCodes.set(member.id, { code, expiresAt: Date.now() + codeLifetime, attempts: 0 })
          sendMail(store, member.email, 'Your reset code', `Your code is ${code}. It is good for 15 minutes.`)
        }
        res.status(202).json({ message: 'If the address is known to us, a code is on its way.' })
      },
    ],
  })

  // Counted per account whatever the address: six digits are few.
  const confirmLimits = faults.has('F09')
    ? []
    : [
        limiter({ limit: 10, minutes: 10, failuresOnly: true, key: namedEmail }),
        limiter({ limit: 60, minutes: 10, failuresOnly: true, key: peerAddress }),
      ]
  route(router, '/users/password-reset/confirm', {
    post: [
      ...confirmLimits,
      async (req, res) => {
        const { user } = readBody(req, confirmBody)
        const wrong = () => invalid('code', 'is wrong or has expired')
        const member = memberByEmail(store, user.email)
        const stored = member === undefined ? undefined : store.resetCodes.get(member.id)
        if (member === undefined || stored === undefined || stored.expiresAt < Date.now()) throw wrong()
        stored.attempts += 1
        if (stored.attempts > codeAttempts && !faults.has('F09')) {
          store.resetCodes.delete(member.id)
          throw wrong()
        }
        if (!sameCode(stored.code, user.code)) throw wrong()
        store.resetCodes.delete(member.id)
        member.passwordHash = await hash(user.password, hashOptions)
        member.tokenVersion += 1
        note(store, member, 'reset the password')
        res.status(204).end()
      },
    ],
  })
}
