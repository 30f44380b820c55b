import type { Answer } from './engine/exchange.ts'

/** Success by body as well as status: 200 with an error in it is none. */
export function succeeded(answer: Answer): boolean {
  return answer.status >= 200 && answer.status < 300 && !isErrorBody(answer.json)
}

/** An envelope that says "no" whatever the status says. */
export function isErrorBody(json: unknown): boolean {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return false
  const body = json as Readonly<Record<string, unknown>>
  if (body.ok === false || body.success === false || body.succeeded === false) return true
  const { error, errors, status } = body
  if (typeof status === 'string' && /^(error|fail|failed|failure|denied)$/i.test(status)) return true
  if (typeof status === 'number' && status >= 400 && status < 600 && ('title' in body || 'message' in body)) return true
  const says = (value: unknown) =>
    (typeof value === 'string' && value !== '') ||
    (typeof value === 'object' && value !== null && Object.keys(value).length > 0) ||
    value === true
  // A body that is nothing but an error; `errors: []` beside data is none.
  return (says(error) || says(errors)) && body.data === undefined && Object.keys(body).length <= 4
}
