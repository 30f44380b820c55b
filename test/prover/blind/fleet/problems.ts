import { STATUS_CODES } from 'node:http'
import type { ErrorRequestHandler } from 'express'
import type { z } from 'zod'
import type { Faults } from './faults.ts'

export interface FieldError {
  readonly field: string
  readonly detail: string
}

interface ProblemExtras {
  readonly errors?: readonly FieldError[]
  readonly headers?: Readonly<Record<string, string>>
}

/** An answer other than success, as RFC 9457 has it. */
export class HttpProblem extends Error {
  readonly status: number
  readonly errors: readonly FieldError[] | undefined
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, detail: string, extras: ProblemExtras = {}) {
    super(detail)
    this.status = status
    this.errors = extras.errors
    this.headers = extras.headers ?? {}
  }
}

export function notFound(what: string): HttpProblem {
  return new HttpProblem(404, `No such ${what}.`)
}

/** The input as the schema has it, or 400 with what is wrong with each field. */
export function parse<T extends z.ZodType>(schema: T, input: unknown): z.output<T> {
  const result = schema.safeParse(input ?? {})
  if (result.success) return result.data
  const errors = result.error.issues.slice(0, 20).map((issue) => ({
    field: issue.path.map(String).join('.'),
    detail: issue.message,
  }))
  throw new HttpProblem(400, 'The request is not valid.', { errors })
}

const CLIENT_ERRORS: Readonly<Record<number, string>> = {
  400: 'The request could not be read.',
  413: 'The body is too large.',
  415: 'The content type is not supported.',
}

/** Errors of the framework and its parsers carry a status of their own. */
function asProblem(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error
  const status = typeof error === 'object' && error !== null && 'status' in error ? Number(error.status) : 500
  const detail = CLIENT_ERRORS[status]
  return detail === undefined
    ? new HttpProblem(500, 'Something went wrong on our side.')
    : new HttpProblem(status, detail)
}

export function errorHandler(faults: Faults): ErrorRequestHandler {
  return (error: unknown, _req, res, _next) => {
    if (res.headersSent) {
      res.destroy()
      return
    }
    const problem = asProblem(error)
    const body: Record<string, unknown> = {
      type: 'about:blank',
      title: STATUS_CODES[problem.status] ?? 'Error',
      status: problem.status,
      detail: problem.message,
    }
    if (problem.errors !== undefined) body.errors = problem.errors
    if (faults.has('F24') && error instanceof Error && !(error instanceof HttpProblem)) {
      body.detail = error.message
      body.stack = error.stack
    }
    res
      .status(problem.status)
      .set('Cache-Control', 'no-store')
      .set(problem.headers)
      .type('application/problem+json')
      .send(JSON.stringify(body))
  }
}
