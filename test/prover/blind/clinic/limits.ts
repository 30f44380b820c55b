import type { Request, RequestHandler, Response } from 'express'
import { ipKeyGenerator, rateLimit } from 'express-rate-limit'
import { caller } from './access.ts'
import type { Faults } from './faults.ts'

const minute = 60_000

function perMinute(limit: number, key: (req: Request, res: Response) => string): RequestHandler {
  return rateLimit({
    windowMs: minute,
    limit,
    keyGenerator: key,
    standardHeaders: 'draft-7',
    legacyHeaders: false,
    validate: { xForwardedForHeader: false },
    handler: (_req, res) => {
      res.status(429).json({ error: { code: 1429, text: 'Too many requests, try again later' } })
    },
  })
}

const none: RequestHandler = (_req, _res, next) => next()

export interface Limits {
  readonly all: RequestHandler
  readonly signIn: readonly RequestHandler[]
  readonly forgot: readonly RequestHandler[]
  readonly reset: RequestHandler
  readonly refresh: RequestHandler
  readonly exports: RequestHandler
  readonly uploads: RequestHandler
  readonly notificationTests: RequestHandler
  readonly invitations: RequestHandler
  readonly hooks: RequestHandler
}

export function createLimits(faults: Faults): Limits {
  const address = (req: Request) => ipKeyGenerator(req.ip ?? '')
  const signInAddress = (req: Request) => {
    const forwarded = faults.has('F10') ? req.get('x-forwarded-for')?.split(',')[0]?.trim() : undefined
    return forwarded ?? address(req)
  }
  const email = (req: Request) => {
    const value: unknown = req.body?.email
    return typeof value === 'string' ? value.trim().toLowerCase().slice(0, 200) : ''
  }
  const user = (_req: Request, res: Response) => String(caller(res).id)
  return {
    all: perMinute(3000, address),
    signIn: [perMinute(100, signInAddress), perMinute(10, (req) => `${signInAddress(req)} ${email(req)}`)],
    forgot: [perMinute(40, address), perMinute(5, (req) => `${address(req)} ${email(req)}`)],
    reset: perMinute(10, address),
    refresh: perMinute(60, address),
    exports: faults.has('F18') ? none : perMinute(6, user),
    uploads: perMinute(30, user),
    notificationTests: perMinute(5, user),
    invitations: perMinute(20, user),
    hooks: perMinute(120, address),
  }
}
