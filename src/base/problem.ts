import type { InputFault, Refusal } from './refusal.ts'

/** The body of a refused request (RFC 9457), media type `application/problem+json`. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: string
  readonly requestId: string
  readonly detail?: string
  readonly faults?: readonly InputFault[]
}

/** Writes a refusal as a problem document. Its private `detail` stays behind. */
export function toProblem(refusal: Refusal, requestId: string): Problem {
  return {
    type: 'about:blank',
    title: refusal.title,
    status: refusal.status,
    code: refusal.code,
    requestId,
    ...(refusal.description === undefined ? {} : { detail: refusal.description }),
    ...(refusal.faults.length === 0 ? {} : { faults: refusal.faults }),
  }
}
