import { randomUUID } from 'node:crypto'
import { toProblem } from '../base/problem.ts'
import type { Refusal } from '../base/refusal.ts'
import type { Gate } from '../gate.ts'
import type { Reply } from '../walk/reply.ts'

/** A refusal that the host makes itself, before or beside the pipeline, in the same form as the pipeline's own. */
export function hostProblem(
  refusal: Refusal,
  gate: Gate,
  tls: boolean,
): { readonly requestId: string; readonly reply: Reply } {
  const requestId = randomUUID()
  const security = tls ? gate.apiHeaders.tls : gate.apiHeaders.plain
  return {
    requestId,
    reply: {
      status: refusal.status,
      headers: {
        ...security,
        ...refusal.headers,
        'content-type': 'application/problem+json; charset=utf-8',
        'x-request-id': requestId,
      },
      body: JSON.stringify(toProblem(refusal, requestId)),
    },
  }
}
