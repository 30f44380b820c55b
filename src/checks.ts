import { after, type Eventually } from './base/eventually.ts'
import { toProblem } from './base/problem.ts'
import type { Principal } from './contract/principal.ts'
import type { Project, Reader } from './contract/projection.ts'
import type { AnySchema } from './contract/schema.ts'
import { acceptable } from './guards/acceptable.ts'
import { checkBudget, type NamedSpent } from './guards/budget.ts'
import { requireVerified } from './guards/credential.ts'
import { deprecation } from './guards/deprecation.ts'
import { flowOnce, flowOrder, flowQuota, flowStepUp } from './guards/flow.ts'
import { functionAccess } from './guards/function-access.ts'
import { objectAccess, parentLink, referenceAccess, tenantWall } from './guards/object-access.ts'
import { origin } from './guards/origin.ts'
import { OUTBOUND_CHECKS } from './guards/outbound/outbound-checks.ts'
import { rateLimitHeaders } from './guards/rate-limit-headers.ts'
import { replay } from './guards/replay.ts'
import { replyRows } from './guards/reply-rows.ts'
import { createReader } from './guards/sealed-fields.ts'
import type { SecurityHeaders } from './guards/security-headers.ts'
import { signedBody, takeDelivery } from './guards/signed-body.ts'
import { checkStanding } from './guards/standing.ts'
import { validate } from './guards/validate.ts'
import { writableFields } from './guards/writable-fields.ts'
import type { Authenticated, Credential, Identity } from './identity/identity.ts'
import type { Vault } from './vault/index.ts'

/**
 * The checking half of every guard, in the order of the walk. What loads and parses is not here: it is never replaceable.
 * One frozen record, so that a test and the drill can build a pipeline with some of them taken away and see that it is noticed.
 */
export const CHECKS = Object.freeze({
  addressBucket: (take: (addressKey: string) => void, addressKey: string): void => take(addressKey),
  lifecycle: deprecation,
  acceptable,
  origin,
  verify: (identity: Identity, credential: Credential): Eventually<Authenticated> =>
    after(identity.authenticate(credential), requireVerified),
  standing: checkStanding,
  budget: (spent: readonly NamedSpent[]): void => checkBudget(spent, rateLimitHeaders),
  functionAccess,
  bodySize: (maxBytes: number): number => maxBytes,
  signedBody,
  takeDelivery,
  jsonDepth: (maxDepth: number): number => maxDepth,
  schema: (schema: AnySchema, value: unknown, at: string): Eventually<unknown> => validate(schema, value, at),
  writableFields,
  inputBudget: (spent: readonly NamedSpent[]): void => checkBudget(spent, rateLimitHeaders),
  replay,
  tenantWall,
  parentLink,
  objectAccess,
  referenceAccess,
  flowStepUp,
  flowOrder,
  flowQuota,
  flowOnce,
  deadline: (milliseconds: number): number => milliseconds,
  concurrency: (limit: number): number => limit,
  outbound: OUTBOUND_CHECKS,
  replyRows,
  /** Which fields a principal reads in clear. */
  reader: (principal: Principal, now: number, vault: Vault): Reader => createReader(principal, now, vault),
  projection: (project: Project, value: unknown, reader: Reader): unknown => project(value, reader),
  /** What a refusal tells its caller. */
  problem: toProblem,
  securityHeaders: (headers: SecurityHeaders, tls: boolean): Readonly<Record<string, string>> =>
    tls ? headers.tls : headers.plain,
})

export type Checks = typeof CHECKS
