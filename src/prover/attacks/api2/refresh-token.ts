import type { Sender } from '../../engine/engine.ts'
import type { Answer, Draft } from '../../engine/exchange.ts'
import { fieldNames } from '../../plan/infer-purpose.ts'
import type { Operation } from '../../plan/plan.ts'
import { leavesOf, withAt } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { NotTested } from '../../verdict.ts'

/** A refresh token, and where the reply had it. */
export interface RefreshToken {
  readonly token: string
  /** Name of the cookie; null where it stood in the body. */
  readonly cookie: string | null
}

const REFRESH = /refresh/i

/** The refresh token of a login's or refresh's reply: a text under a name with "refresh" in it, or such a cookie. */
export function refreshTokenIn(answer: Answer | null): RefreshToken | null {
  if (answer === null) return null
  const leaf = [...leavesOf(answer.json)].find(
    ({ at, value }) =>
      REFRESH.test(at) && !/expire|type|ttl/i.test(at) && typeof value === 'string' && value.length >= 8,
  )
  if (leaf) return { token: leaf.value as string, cookie: null }
  const cookie = (answer.headers['set-cookie'] ?? '').split('\n').find((line) => REFRESH.test(line.split('=')[0] ?? ''))
  const pair = /^([^=;\s]+)=([^;]+)/.exec(cookie ?? '')
  return pair ? { token: pair[2] as string, cookie: pair[1] as string } : null
}

/** The operation that exchanges a refresh token. @throws {NotTested} Where none is known. */
export function refreshOperation(probe: Probe): Operation {
  const operation = probe.operation(probe.plan.auth.refresh)
  if (operation === null) throw new NotTested('no operation that refreshes a session is known')
  return operation
}

/** Who exchanges it: nobody, unless the document has the operation ask for a credential beside the refresh token. */
export const refreshSender = (operation: Operation, session: Sender, probe: Probe): Sender =>
  operation.access === 'public' ? probe.nobody : session

/** The request that exchanges it: in the cookie or the body field that it came in. */
export function refreshDraft(operation: Operation, { token, cookie }: RefreshToken): Draft {
  const content = operation.read.body?.content ?? []
  const names = fieldNames(operation.read)
  const field = names.find((name) => REFRESH.test(name)) ?? names.find((name) => /token/i.test(name)) ?? 'refreshToken'
  const grant = names.includes('grant_type') ? { grant_type: 'refresh_token' } : {}
  const sample = operation.samples[0]?.body
  return {
    method: operation.method,
    path: operation.path,
    query: [],
    headers: cookie === null ? [] : [['Cookie', `${cookie}=${token}`]],
    body: cookie === null ? withAt(sample ?? grant, `/${field}`, token) : content.length > 0 ? grant : undefined,
    mediaType: content[0]?.mediaType ?? 'application/json',
  }
}
