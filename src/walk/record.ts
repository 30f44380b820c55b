import { Refusal } from '../base/refusal.ts'
import { StoreError } from '../base/store-error.ts'
import type { Checks } from '../checks.ts'
import { ReplyMismatch } from '../contract/projection.ts'
import type { Gate } from '../gate.ts'
import type { Reply } from './reply.ts'
import type { Walk } from './walk.ts'

/** Every failure is a refusal in the end: nothing internal leaves, nothing unknown passes (ASVS 16.5). */
export function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof StoreError)
    return new Refusal('unavailable', {
      detail: `the store cannot answer: ${error.message}`,
      headers: { 'retry-after': '1' },
      cause: error,
    })
  if (error instanceof ReplyMismatch) return new Refusal('reply_invalid', { detail: error.message, cause: error })
  return new Refusal('internal', {
    detail: error instanceof Error ? `${error.name}: ${error.message}` : 'an unknown failure',
    cause: error,
  })
}

/** A refusal as a problem document (RFC 9457). */
export function problemReply(refusal: Refusal, walk: Walk, checks: Checks): Reply {
  return {
    status: refusal.status,
    headers: { ...refusal.headers, 'content-type': 'application/problem+json; charset=utf-8' },
    body: JSON.stringify(checks.problem(refusal, walk.requestId)),
  }
}

/** Step 14: the audit event of a refusal, the metrics, the access line, and the walk for `turnpike explain`. Never throws, never waits. */
export function record(walk: Walk, reply: Reply, refusal: Refusal | null, gate: Gate): void {
  const milliseconds = performance.now() - walk.startedAt
  const endpoint = walk.endpoint?.id ?? null
  if (refusal) {
    gate.audit.note({
      type: refusal.code === 'reply_invalid' ? 'reply.held_back' : 'request.refused',
      outcome: refusal.status >= 500 ? 'failed' : 'refused',
      requestId: walk.requestId,
      principal: walk.principal.key,
      tenant: walk.principal.tenant,
      addressKey: walk.request?.addressKey ?? '',
      endpoint,
      code: refusal.code,
      detail: refusal.detail,
      objects: walk.objects,
      facts: { step: walk.step },
    })
  }
  gate.metrics.observe(endpoint ?? 'none', reply.status, milliseconds / 1000)
  gate.log.info(
    {
      requestId: walk.requestId,
      method: walk.method,
      path: walk.request?.path ?? '',
      status: reply.status,
      ms: Math.round(milliseconds * 100) / 100,
      principal: walk.principal.key,
    },
    'request',
  )
  // Not 501: whoever invents methods must not fill the error log.
  if (refusal && refusal.status >= 500 && refusal.status !== 501)
    gate.log.error(
      {
        requestId: walk.requestId,
        code: refusal.code,
        detail: refusal.detail,
        cause: refusal.cause instanceof Error ? refusal.cause.stack : undefined,
      },
      'request failed',
    )
  if (gate.environment === 'development' && refusal) {
    gate.log.warn(
      { requestId: walk.requestId, step: walk.step, code: refusal.code, detail: refusal.detail },
      `refused at step "${walk.step}": ${refusal.detail || refusal.title}; turnpike explain ${walk.requestId}`,
    )
  }
  if (refusal || gate.environment === 'development') {
    gate.walks.write({
      requestId: walk.requestId,
      at: new Date(gate.clock.now()).toISOString(),
      method: walk.method,
      path: walk.request?.path ?? '',
      addressKey: walk.request?.addressKey ?? '',
      principal: walk.principal.key,
      endpoint,
      status: reply.status,
      code: refusal?.code ?? null,
      detail: refusal?.detail ?? null,
      steps: walk.describe(),
    })
  }
}
