import { createHash, randomBytes } from 'node:crypto'
import { verify } from '@node-rs/argon2'
import { Router } from 'express'
import { z } from 'zod'
import { caller } from '../access.ts'
import type { Context } from '../context.ts'
import { ApiError, invalid, readBody } from '../http.ts'
import type { TokenPair } from '../sessions.ts'
import { accessSeconds } from '../sessions.ts'
import type { User } from '../store.ts'
import { hashPassword } from '../store.ts'

const email = z.string().trim().toLowerCase().max(200).pipe(z.email())
const loginBody = z.strictObject({ email, password: z.string().min(1).max(200) })
const refreshBody = z.strictObject({ refreshToken: z.string().min(20).max(200) })
const forgotBody = z.strictObject({ email })
const resetBody = z.strictObject({ token: z.string().min(20).max(200), password: z.string().min(12).max(200) })

const resetMs = 15 * 60 * 1000
const digest = (text: string) => createHash('sha256').update(text).digest('hex')

function signedInAs(user: User, pair: TokenPair) {
  return {
    ...pair,
    tokenType: 'Bearer',
    expiresIn: accessSeconds,
    user: { id: user.id, name: user.name, role: user.role, practiceId: user.practiceId },
  }
}

export function authRoutes({ store, faults, limits, sessions, signedIn }: Context): Router {
  const router = Router()
  const nobody = hashPassword('nobody has this password')
  const resets = new Map<string, { userId: number; expiresAt: number }>()

  router.post('/auth/login', ...limits.signIn, async (req, res) => {
    const { email, password } = readBody(req, loginBody)
    const user = store.userByEmail(email)
    const right = await verify(user?.passwordHash ?? (await nobody), password)
    if (user === undefined || !right || !user.active) throw new ApiError(401, 1101, 'Wrong e-mail or password')
    user.lastLoginAt = new Date().toISOString()
    store.note(user, 'login')
    res.json(signedInAs(user, sessions.open(user)))
  })

  router.post('/auth/refresh', limits.refresh, (req, res) => {
    const { user, pair } = sessions.renew(readBody(req, refreshBody).refreshToken)
    res.json(signedInAs(user, pair))
  })

  router.post('/auth/logout', signedIn, (_req, res) => {
    if (!faults.has('F09')) sessions.end(String(res.locals.sid))
    store.note(caller(res), 'logout')
    res.status(204).end()
  })

  router.post('/auth/password/forgot', ...limits.forgot, (req, res) => {
    const user = store.userByEmail(readBody(req, forgotBody).email)
    if (user === undefined && faults.has('F11')) throw new ApiError(404, 1301, 'There is no account with this e-mail')
    const token = randomBytes(32).toString('base64url')
    if (user !== undefined) {
      for (const [key, reset] of resets) if (reset.userId === user.id) resets.delete(key)
      resets.set(digest(token), { userId: user.id, expiresAt: Date.now() + resetMs })
    }
    res.status(202).json({ status: 'If the account exists, a message is on its way' })
  })

  router.post('/auth/password/reset', limits.reset, async (req, res) => {
    const body = readBody(req, resetBody)
    const key = digest(body.token)
    const reset = resets.get(key)
    resets.delete(key)
    const user = reset === undefined ? undefined : store.users.get(reset.userId)
    if (reset === undefined || user === undefined || reset.expiresAt < Date.now()) throw invalid('Invalid value: token')
    user.passwordHash = await hashPassword(body.password)
    sessions.endAll(user.id)
    res.status(204).end()
  })

  return router
}
