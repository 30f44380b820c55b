import type { NextFunction, Request, RequestHandler, Response, Router } from 'express'
import { rateLimit } from 'express-rate-limit'
import { z } from 'zod'

export type FieldErrors = Record<string, string[]>

export class ApiError extends Error {
  readonly status: number
  readonly errors: FieldErrors
  constructor(status: number, errors: FieldErrors) {
    super(
      Object.entries(errors)
        .map(([field, messages]) => `${field} ${messages.join(', ')}`)
        .join('; '),
    )
    this.status = status
    this.errors = errors
  }
}

export const notFound = (what: string): ApiError => new ApiError(404, { [what]: ['was not found'] })
export const forbidden = (): ApiError => new ApiError(403, { role: ['may not do this'] })
export const conflict = (field: string, message: string): ApiError => new ApiError(409, { [field]: [message] })
export const invalid = (field: string, message: string): ApiError => new ApiError(422, { [field]: [message] })

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'

/** Registers the methods of one path; any other method is answered 405 with Allow. */
export function route(router: Router, path: string, methods: Partial<Record<Method, RequestHandler[]>>): void {
  const target = router.route(path)
  const allowed = ['OPTIONS']
  for (const [method, handlers] of Object.entries(methods)) {
    target[method as Method](...handlers)
    allowed.push(method.toUpperCase())
    if (method === 'get') allowed.push('HEAD')
  }
  target.all((req, res) => {
    res.set('Allow', allowed.join(', '))
    if (req.method !== 'OPTIONS') throw new ApiError(405, { method: ['is not allowed here'] })
    res.status(204).end()
  })
}

function fieldErrors(error: z.ZodError): FieldErrors {
  const errors = new Map<string, string[]>()
  const add = (field: string, message: string) => errors.set(field, [...(errors.get(field) ?? []), message])
  for (const issue of error.issues) {
    if (issue.code === 'unrecognized_keys') for (const key of issue.keys) add(key.slice(0, 60), 'is not a known field')
    else add(issue.path.slice(typeof issue.path[1] === 'string' ? 1 : 0).join('.') || 'body', issue.message)
  }
  return Object.fromEntries(errors)
}

export function readBody<T>(req: Request, schema: z.ZodType<T>): T {
  const result = schema.safeParse(req.body)
  if (!result.success) throw new ApiError(422, fieldErrors(result.error))
  return result.data
}

export function readQuery<T>(req: Request, schema: z.ZodType<T>): T {
  const result = schema.safeParse(req.query)
  if (!result.success) throw new ApiError(422, fieldErrors(result.error))
  return result.data
}

export function idParam(req: Request, name: string): number {
  const value = String(req.params[name])
  if (!/^[1-9]\d{0,8}$/.test(value)) throw notFound(name.replace(/Id$/, ''))
  return Number(value)
}

export function textParam(req: Request, name: string): string {
  return String(req.params[name])
}

const singleLine = /^[^\p{Cc}]*$/u
const multiLine = /^[^\p{Cc}]*(?:[\n\r\t][^\p{Cc}]*)*$/u

export const line = (max: number) => z.string().trim().min(1).max(max).regex(singleLine, 'has characters not allowed')
export const prose = (max: number) => z.string().trim().min(1).max(max).regex(multiLine, 'has characters not allowed')
export const dateText = z.iso.date()
export const emailText = z.email().max(120).toLowerCase()

export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min).max(max))

export const paging = {
  page: wholeNumber(1, 100_000).default(1),
  limit: wholeNumber(1, 100).default(20),
}

export function slicePage<T>(rows: readonly T[], query: { page: number; limit: number }): T[] {
  return rows.slice((query.page - 1) * query.limit, query.page * query.limit)
}

export function limiter(options: {
  readonly limit: number
  readonly minutes: number
  readonly key: (req: Request, res: Response) => string
  readonly failuresOnly?: boolean
}): RequestHandler {
  return rateLimit({
    windowMs: options.minutes * 60_000,
    limit: options.limit,
    standardHeaders: 'draft-7',
    legacyHeaders: false,
    skipSuccessfulRequests: options.failuresOnly ?? false,
    keyGenerator: options.key,
    validate: false,
    handler: (_req, _res, next) => next(new ApiError(429, { request: ['came too often, try again later'] })),
  })
}

export const peerAddress = (req: Request): string => req.socket.remoteAddress ?? 'unknown'

/** Bodies are JSON, except where a path also takes a form. */
export function checkContentType(forms: readonly string[]): RequestHandler {
  return (req, _res, next) => {
    const length = req.headers['content-length']
    const hasBody = req.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0')
    if (!hasBody) return next()
    const json = req.is(['application/json', 'application/merge-patch+json'])
    const form = forms.includes(req.path) && req.is('application/x-www-form-urlencoded')
    if (json || form) return next()
    next(new ApiError(415, { 'content-type': ['is not supported'] }))
  }
}

const parserMessages = new Map<number, string>([
  [400, 'could not be read'],
  [413, 'is too large'],
  [415, 'has an encoding that is not supported'],
])

export function errorHandler(faults: ReadonlySet<string>) {
  return (error: unknown, _req: Request, res: Response, next: NextFunction): void => {
    if (res.headersSent) {
      next(error)
      return
    }
    if (error instanceof ApiError) {
      if (error.status === 401) res.set('WWW-Authenticate', 'Token')
      res.status(error.status).json({ errors: error.errors })
      return
    }
    const claimed = error instanceof Error && 'status' in error ? Number(error.status) : 500
    const status = parserMessages.has(claimed) ? claimed : 500
    const errors: FieldErrors = { request: [parserMessages.get(status) ?? 'could not be handled'] }
    if (faults.has('F24') && error instanceof Error) {
      res.status(status).json({ errors, message: error.message, stack: error.stack })
      return
    }
    res.status(status).json({ errors })
  }
}
