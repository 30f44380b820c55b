import { randomBytes, randomUUID } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'
import { type Request, Router } from 'express'
import { z } from 'zod'
import {
  addressOf,
  type Context,
  email,
  line,
  memberOf,
  newPassword,
  otherMethods,
  parse,
  Refusal,
  send,
  sessionCookie,
  sessionOf,
  signedIn,
} from '../http.ts'
import { type Member, memberByEmail, newId, now, type Session, trim } from '../model.ts'

export const hashing = { memoryCost: 1024, timeCost: 1, parallelism: 1 }

const hours = 8
const cookieOptions = { httpOnly: true, secure: true, sameSite: 'strict', path: '/' } as const
const signInBody = z.strictObject({ email, password: z.string().min(1).max(128) })
const token = z.string().regex(/^[\w-]{10,64}$/)

export function sessionRoutes(context: Context): Router {
  const { store, faults, limiter } = context
  const router = Router()
  const member = signedIn(context)
  const decoy = hash(randomUUID(), hashing)

  function clientOf(req: Request): string {
    if (faults.has('F08')) return req.get('X-Forwarded-For') ?? addressOf(req)
    return addressOf(req)
  }

  function open(person: Member): Session {
    const session = {
      id: randomBytes(32).toString('base64url'),
      memberId: person.id,
      csrfToken: randomBytes(24).toString('base64url'),
      expires: Date.now() + hours * 3_600_000,
    }
    store.sessions.set(session.id, session)
    const own = [...store.sessions.values()].filter(({ memberId }) => memberId === person.id)
    for (const old of own.slice(0, -200)) store.sessions.delete(old.id)
    return session
  }

  const about = (person: Member, session: Session) => ({
    member: { id: person.id, handle: person.handle, displayName: person.displayName, role: person.role },
    csrfToken: session.csrfToken,
    expiresAt: new Date(session.expires).toISOString(),
  })

  router
    .route('/session')
    .post(async (req, res) => {
      const body = parse(signInBody, req.body)
      const keys = [`sign-in ${clientOf(req)} ${body.email}`, `sign-in ${clientOf(req)}`] as const
      limiter.take(keys[0], 8, 60)
      limiter.take(keys[1], 60, 60)
      const person = memberByEmail(store, body.email)
      const right = await verify(person?.passwordHash ?? (await decoy), body.password)
      if (person === undefined || !right || person.status !== 'active') {
        throw new Refusal('wrong email or password', 401)
      }
      // Only failed attempts count.
      for (const key of keys) limiter.giveBack(key)
      const session = open(person)
      res.cookie(sessionCookie, session.id, { ...cookieOptions, maxAge: hours * 3_600_000 })
      send(res, about(person, session))
    })
    .get(member, (_req, res) => send(res, about(memberOf(res), sessionOf(res))))
    .delete(member, (_req, res) => {
      if (!faults.has('F09')) store.sessions.delete(sessionOf(res).id)
      res.clearCookie(sessionCookie, cookieOptions)
      send(res, {})
    })
    .all(otherMethods)

  router
    .route('/sign-ups')
    .post((req, res) => {
      const body = parse(z.strictObject({ email }), req.body)
      limiter.take(`sign-up ${addressOf(req)}`, 10, 60)
      // The mail goes out only to addresses that are not in use; the answer is the same.
      if (memberByEmail(store, body.email) === undefined) store.signUps.set(randomBytes(24).toString('hex'), body.email)
      trim(store.signUps, 1000)
      send(res, { message: 'If the address can be used, a mail with a link is on its way.' })
    })
    .all(otherMethods)

  router
    .route('/members')
    .post(async (req, res) => {
      const body = parse(
        z.strictObject({
          token,
          handle: z.string().regex(/^[a-z][a-z0-9-]{2,19}$/),
          displayName: line(60),
          password: newPassword,
        }),
        req.body,
      )
      limiter.take(`join ${addressOf(req)}`, 10, 60)
      const address = store.signUps.get(body.token)
      if (address === undefined) throw new Refusal('invalid token')
      if ([...store.members.values()].some(({ handle }) => handle === body.handle)) throw new Refusal('handle taken')
      store.signUps.delete(body.token)
      const passwordHash = await hash(body.password, hashing)
      if (memberByEmail(store, address) !== undefined) throw new Refusal('invalid token')
      if ([...store.members.values()].some(({ handle }) => handle === body.handle)) throw new Refusal('handle taken')
      const person: Member = {
        id: newId('usr'),
        handle: body.handle,
        email: address,
        passwordHash,
        displayName: body.displayName,
        bio: '',
        phone: null,
        role: 'user',
        status: 'active',
        verified: false,
        feePercent: 8,
        balanceCents: 0,
        createdAt: now(),
      }
      store.members.set(person.id, person)
      send(res, { member: { id: person.id, handle: person.handle } })
    })
    .all(otherMethods)

  router
    .route('/password-resets')
    .post((req, res) => {
      const body = parse(z.strictObject({ email }), req.body)
      limiter.take(`reset ${addressOf(req)} ${body.email}`, 5, 60)
      limiter.take(`reset ${addressOf(req)}`, 30, 60)
      const person = memberByEmail(store, body.email)
      if (person === undefined && faults.has('F10')) throw new Refusal('no account with this email')
      if (person !== undefined) store.resets.set(randomBytes(24).toString('hex'), person.id)
      trim(store.resets, 1000)
      send(res, { message: 'If there is an account, a mail with a link is on its way.' })
    })
    .all(otherMethods)

  router
    .route('/password-resets/confirm')
    .post(async (req, res) => {
      const body = parse(z.strictObject({ token, password: newPassword }), req.body)
      limiter.take(`reset-confirm ${addressOf(req)}`, 10, 60)
      const person = store.members.get(store.resets.get(body.token) ?? '')
      if (person === undefined) throw new Refusal('invalid token')
      store.resets.delete(body.token)
      person.passwordHash = await hash(body.password, hashing)
      for (const session of store.sessions.values()) {
        if (session.memberId === person.id) store.sessions.delete(session.id)
      }
      send(res, {})
    })
    .all(otherMethods)

  return router
}
