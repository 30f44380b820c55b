import { timingSafeEqual } from 'node:crypto'
import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import type { Faults } from './faults.ts'
import type { Limiter } from './limiter.ts'
import type { Member, Session, Store } from './model.ts'

export interface Context {
  readonly store: Store
  readonly faults: Faults
  readonly limiter: Limiter
  readonly fetchImage: (address: string) => Promise<{ contentType: string; data: Buffer } | undefined>
  readonly carrierSecret: string
}

/** An answer other than success. Most of them go out as 200 with `ok: false`; see README. */
export class Refusal extends Error {
  readonly status: number
  readonly reply: Record<string, unknown>
  readonly headers: Record<string, string>

  constructor(reason: string, status = 200, more: Record<string, unknown> = {}, headers: Record<string, string> = {}) {
    super(reason)
    this.status = status
    this.reply = { ok: false, reason, ...more }
    this.headers = headers
  }
}

export const notFound = () => new Refusal('not found')
export const notAllowed = () => new Refusal('not allowed')
export const notSignedIn = () => new Refusal('not signed in', 401)
export const conflict = (reason: string) => new Refusal(reason)

export function tooMany(seconds: number): Refusal {
  return new Refusal('slow down', 429, {}, { 'Retry-After': String(seconds) })
}

export function parse<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const fields = result.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => key.slice(0, 60)) : [issue.path.join('.')],
  )
  throw new Refusal('invalid', 200, { fields: [...new Set(fields)].slice(0, 20) })
}

export function noBody(req: Request): void {
  parse(z.strictObject({}).optional(), req.body)
}

export const line = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(/^\P{Cc}*$/u)

export const text = (most: number) =>
  z
    .string()
    .trim()
    .max(most)
    .regex(/^(?:\P{Cc}|[\n\t])*$/u)

export const idText = z.string().regex(/^[a-z]{3}_[0-9a-z]{8}$/)
export const cents = (least: number, most: number) => z.number().int().min(least).max(most)
export const email = z.string().trim().toLowerCase().max(120).pipe(z.email())
export const newPassword = z.string().min(10).max(128)

export const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.number().min(least).max(most))

export const pageQuery = (most = 50) => ({ limit: wholeNumber(1, most).default(20), after: idText.optional() })

export function page<T extends { readonly id: string }, V>(
  items: readonly T[],
  query: { limit: number; after?: string | undefined },
  view: (item: T) => V,
) {
  const at = query.after === undefined ? -1 : items.findIndex((item) => item.id === query.after)
  if (query.after !== undefined && at === -1) throw new Refusal('invalid', 200, { fields: ['after'] })
  const shown = items.slice(at + 1, at + 1 + query.limit)
  const more = at + 1 + query.limit < items.length
  return { items: shown.map(view), next: more ? (shown.at(-1)?.id ?? null) : null }
}

/** Newest first: maps keep the order of arrival. */
export function newest<T>(items: Iterable<T>, wanted: (item: T) => boolean): T[] {
  return [...items].filter(wanted).reverse()
}

export function send(res: Response, body: Record<string, unknown>): void {
  res.json({ ok: true, ...body })
}

export function param(req: Request, name: string): string {
  const value = req.params[name]
  return typeof value === 'string' ? value : ''
}

export function addressOf(req: Request): string {
  return req.socket.remoteAddress ?? 'unknown'
}

export function memberOf(res: Response): Member {
  return res.locals.member as Member
}

export function sessionOf(res: Response): Session {
  return res.locals.session as Session
}

export const sessionCookie = 'market_session'

export function readSession(store: Store, req: Request): Session | undefined {
  for (const part of (req.headers.cookie ?? '').split(';')) {
    const [name, value] = part.trim().split('=', 2)
    if (name !== sessionCookie || value === undefined) continue
    const session = store.sessions.get(value)
    if (session === undefined || session.expires > Date.now()) return session
    store.sessions.delete(value)
  }
  return undefined
}

function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}

export function signedIn(context: Context): RequestHandler {
  const { store, faults, limiter } = context
  const checked = faults.has('F11') ? ['POST'] : ['POST', 'PUT', 'PATCH', 'DELETE']
  return (req, res, next) => {
    const session = readSession(store, req)
    const member = session && store.members.get(session.memberId)
    if (session === undefined || member === undefined || member.status !== 'active') throw notSignedIn()
    limiter.take(`member ${member.id}`, 900, 60)
    if (checked.includes(req.method) && !sameText(req.get('X-CSRF-Token') ?? '', session.csrfToken)) {
      throw new Refusal('csrf token missing or wrong', 403)
    }
    res.locals.session = session
    res.locals.member = member
    next()
  }
}

/** At most so many calls of this operation in the window, for each member. Comes after `signedIn`. */
export function limited(context: Context, name: string, most: number, seconds: number): RequestHandler {
  return (_req, res, next) => {
    context.limiter.take(`${name} ${memberOf(res).id}`, most, seconds)
    next()
  }
}

export function otherMethods(req: Request, res: Response): void {
  const methods = Object.keys((req.route as { methods: Record<string, boolean> }).methods)
    .filter((method) => method !== '_all')
    .map((method) => method.toUpperCase())
  if (methods.includes('GET')) methods.push('HEAD')
  const allow = [...methods, 'OPTIONS'].join(', ')
  if (req.method === 'OPTIONS') {
    res.set('Allow', allow).status(204).end()
    return
  }
  throw new Refusal('method not allowed', 405, {}, { Allow: allow })
}

function statusOf(error: unknown): number {
  const status = (error as { status?: unknown } | null)?.status
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500
}

const reasons: Record<number, string> = {
  400: 'malformed request',
  413: 'request too large',
  415: 'unsupported media type',
  500: 'internal error',
}

export function answerErrors(faults: Faults) {
  return (error: unknown, _req: Request, res: Response, next: NextFunction): void => {
    if (res.headersSent) {
      next(error)
      return
    }
    if (error instanceof Refusal) {
      res.status(error.status).set(error.headers).json(error.reply)
      return
    }
    const status = statusOf(error)
    const reply: Record<string, unknown> = { ok: false, reason: reasons[status] ?? 'malformed request' }
    if (faults.has('F25')) reply.detail = error instanceof Error ? error.stack : String(error)
    res.status(status).json(reply)
  }
}
