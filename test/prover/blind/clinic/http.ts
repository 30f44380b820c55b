import type { ErrorRequestHandler, Request } from 'express'
import { z } from 'zod'
import type { Faults } from './faults.ts'

export class ApiError extends Error {
  readonly status: number
  readonly code: number

  constructor(status: number, code: number, text: string) {
    super(text)
    this.status = status
    this.code = code
  }
}

export const notFound = () => new ApiError(404, 1300, 'Not found')
export const forbidden = () => new ApiError(403, 1200, 'Not allowed')
export const unauthenticated = () => new ApiError(401, 1100, 'Sign in first')
export const invalid = (text: string) => new ApiError(400, 1001, text)
export const conflict = (code: number, text: string) => new ApiError(409, code, text)

export function parse<T>(schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  if (issue?.code === 'unrecognized_keys') throw invalid('Unknown field')
  const where = issue?.path.map(String).join('.').slice(0, 60) ?? ''
  throw invalid(where === '' ? 'Invalid input' : `Invalid value: ${where}`)
}

export function readBody<T>(req: Request, schema: z.ZodType<T>): T {
  const json = req.is('application/json')
  if (json === null) throw invalid('A JSON body is required')
  if (json === false) throw new ApiError(415, 1003, 'Send application/json')
  return parse(schema, req.body)
}

/** Bodies of PATCH: every field is optional, at least one is there. */
export function readPatch<T extends object>(req: Request, schema: z.ZodType<T>): T {
  const body = readBody(req, schema)
  if (Object.keys(body).length === 0) throw invalid('Nothing to change')
  return body
}

const idText = z.string().regex(/^[1-9]\d{0,8}$/)

export function pathId(req: Request, name: string): number {
  return Number(parse(z.object({ [name]: idText }), req.params)[name])
}

function number(text: unknown, name: string, fallback: number, min: number, max: number): number {
  if (text === undefined) return fallback
  const value = typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max)) throw invalid(`Invalid value: ${name}`)
  return value
}

export function queryId(req: Request, name: string): number | undefined {
  const text = req.query[name]
  return text === undefined ? undefined : Number(parse(z.object({ [name]: idText }), req.query)[name])
}

export function paged<T, V>(req: Request, all: readonly T[], view: (item: T) => V, maxLimit = 100) {
  const limit = number(req.query.limit, 'limit', 20, 1, maxLimit)
  const offset = number(req.query.offset, 'offset', 0, 0, 1_000_000)
  return { items: all.slice(offset, offset + limit).map(view), total: all.length, limit, offset }
}

export const line = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u)
export const prose = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^(?:[^\p{Cc}\p{Cs}]|[\n\t])*$/u)

const known = new Map([
  [400, { code: 1000, text: 'Malformed request' }],
  [413, { code: 1013, text: 'Too large' }],
  [415, { code: 1003, text: 'Unsupported media type' }],
])
const unexpected = { code: 1500, text: 'Something went wrong' }

export function errorHandler(faults: Faults): ErrorRequestHandler {
  return (error: unknown, _req, res, _next) => {
    if (res.headersSent) {
      res.destroy()
      return
    }
    if (error instanceof ApiError) {
      if (error.status === 401) res.setHeader('WWW-Authenticate', 'Bearer')
      res.status(error.status).json({ error: { code: error.code, text: error.message } })
      return
    }
    const claimed = error instanceof Error && 'status' in error ? Number(error.status) : 500
    const body = known.get(claimed) ?? unexpected
    const status = body === unexpected ? 500 : claimed
    if (faults.has('F25') && error instanceof Error) {
      res.status(status).json({ error: { ...body, text: error.message, detail: error.stack } })
      return
    }
    res.status(status).json({ error: body })
  }
}
