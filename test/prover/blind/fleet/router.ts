import type { Application, Request, Response } from 'express'
import { z } from 'zod'
import { HttpProblem } from './problems.ts'

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'
type Handler = (req: Request, res: Response) => void | Promise<void>

/** Registers a path with its methods; every other method is answered with 405. */
export function route(app: Application, path: string, handlers: Partial<Record<Method, Handler>>): void {
  const entry = app.route(path)
  const allowed: string[] = []
  for (const method of ['get', 'post', 'put', 'patch', 'delete'] as const) {
    const handler = handlers[method]
    if (handler === undefined) continue
    entry[method]((req: Request, res: Response) => handler(req, res))
    allowed.push(method.toUpperCase())
    if (method === 'get') allowed.push('HEAD')
  }
  entry.all(() => {
    throw new HttpProblem(405, 'This method is not supported here.', { headers: { Allow: allowed.join(', ') } })
  })
}

const wholeNumber = z.string().regex(/^\d{1,9}$/, 'must be a whole number')

export function limitParameter(max: number, usual: number) {
  return wholeNumber.transform(Number).pipe(z.number().min(1).max(max)).default(usual)
}

export const cursorParameter = z
  .string()
  .max(40)
  .transform((text, check) => {
    const plain = Buffer.from(text, 'base64url').toString('latin1')
    const match = /^after:(\d{1,9})$/.exec(plain)
    if (match === null) {
      check.addIssue({ code: 'custom', message: 'is not a cursor of this API' })
      return z.NEVER
    }
    return Number(match[1])
  })
  .default(0)

export interface Page<T> {
  readonly items: readonly T[]
  readonly nextCursor: string | null
}

export function page<T>(all: readonly T[], after: number, limit: number): Page<T> {
  const end = after + limit
  const nextCursor = end < all.length ? Buffer.from(`after:${end}`).toString('base64url') : null
  return { items: all.slice(after, end), nextCursor }
}
