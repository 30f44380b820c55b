import { readDocument } from '../../from-openapi/read-document.ts'
import type { Finding, Severity } from '../finding.ts'
import { countFindings, sortFindings } from '../review.ts'
import { adminLikeOthers } from './admin-like-others.ts'
import { corsUndeclared } from './cors-undeclared.ts'
import { countableId } from './countable-id.ts'
import { deprecationHeaders } from './deprecation-headers.ts'
import { errorWithoutSchema } from './error-without-schema.ts'
import type { ForeignRule } from './foreign-rule.ts'
import { foreignUnboundedInput } from './foreign-unbounded-input.ts'
import { getThatChanges } from './get-that-changes.ts'
import { idParameter } from './id-parameter.ts'
import { keyInUrl } from './key-in-url.ts'
import { looseBody } from './loose-body.ts'
import { looseReply } from './loose-reply.ts'
import { missingErrors } from './missing-errors.ts'
import { missingRefusals } from './missing-refusals.ts'
import { noSecurity } from './no-security.ts'
import { oauthFlow } from './oauth-flow.ts'
import { olderVersion } from './older-version.ts'
import { outboundBounds } from './outbound-bounds.ts'
import { outdatedScheme } from './outdated-scheme.ts'
import { plainPassword } from './plain-password.ts'
import { plainServer } from './plain-server.ts'
import { privilegedField } from './privileged-field.ts'
import { rateLimitHeaders } from './rate-limit-headers.ts'
import { retryAfter } from './retry-after.ts'
import { secretInQuery } from './secret-in-query.ts'
import { secretShown } from './secret-shown.ts'
import { serverAudience } from './server-audience.ts'
import { serverEnvironment } from './server-environment.ts'
import { shapelessString } from './shapeless-string.ts'
import { tokenLifetime } from './token-lifetime.ts'
import { tokenProfile } from './token-profile.ts'
import { unmarkedFlow } from './unmarked-flow.ts'
import { unpagedList } from './unpaged-list.ts'
import { unreadableExtension } from './unreadable-extension.ts'
import { unreadablePart } from './unreadable-part.ts'
import { writeOnlySecret } from './write-only-secret.ts'

/** By risk. */
export const FOREIGN_RULES: readonly ForeignRule[] = [
  idParameter,
  countableId,
  noSecurity,
  secretInQuery,
  keyInUrl,
  plainPassword,
  outdatedScheme,
  oauthFlow,
  tokenLifetime,
  tokenProfile,
  secretShown,
  writeOnlySecret,
  privilegedField,
  looseBody,
  looseReply,
  foreignUnboundedInput,
  unpagedList,
  missingRefusals,
  retryAfter,
  rateLimitHeaders,
  adminLikeOthers,
  unmarkedFlow,
  outboundBounds,
  plainServer,
  getThatChanges,
  shapelessString,
  missingErrors,
  errorWithoutSchema,
  corsUndeclared,
  olderVersion,
  deprecationHeaders,
  serverEnvironment,
  serverAudience,
  unreadableExtension,
  unreadablePart,
]

export interface DocumentReview {
  readonly title: string
  readonly endpoints: number
  readonly findings: readonly Finding[]
  readonly counts: Readonly<Record<Severity, number>>
  /** What must hold, by rule; printed once for each rule, with the first places. */
  readonly titles: Readonly<Record<string, string>>
}

/**
 * Reviews an OpenAPI document of any origin by what it says itself; nothing is fetched.
 * @throws {TypeError} When it is no OpenAPI 3.0, 3.1 or 3.2 document, nor one of Swagger 2.0.
 */
export function reviewDocument(given: unknown): DocumentReview {
  const document = readDocument(given)
  const findings = FOREIGN_RULES.flatMap(({ id, risk, asvs, severity, check }) =>
    [...check(document)].map(({ operation, message, fix, severity: own }) => ({
      rule: id,
      risk,
      asvs,
      severity: own ?? severity,
      endpoint: operation?.id ?? null,
      message: `${operation?.id ?? 'the document'}: ${message}`,
      fix,
    })),
  )
  const sorted = sortFindings(findings)
  const found = new Set(sorted.map(({ rule }) => rule))
  return {
    title: document.title,
    endpoints: document.operations.length,
    findings: sorted,
    counts: countFindings(sorted),
    titles: Object.fromEntries(FOREIGN_RULES.flatMap(({ id, title }) => (found.has(id) ? [[id, title]] : []))),
  }
}
