import type { Finding, Severity } from '../finding.ts'
import { countFindings, sortFindings } from '../review.ts'
import { type ForeignRule, readForeignDocument } from './document.ts'
import { foreignUnboundedInput } from './foreign-unbounded-input.ts'
import { idParameter } from './id-parameter.ts'
import { looseBody } from './loose-body.ts'
import { missingRefusals } from './missing-refusals.ts'
import { noSecurity } from './no-security.ts'
import { plainServer } from './plain-server.ts'
import { secretInQuery } from './secret-in-query.ts'
import { unreadableExtension } from './unreadable-extension.ts'

export const FOREIGN_RULES: readonly ForeignRule[] = [
  noSecurity,
  secretInQuery,
  plainServer,
  idParameter,
  looseBody,
  foreignUnboundedInput,
  missingRefusals,
  unreadableExtension,
]

export interface DocumentReview {
  readonly title: string
  readonly endpoints: number
  readonly findings: readonly Finding[]
  readonly counts: Readonly<Record<Severity, number>>
}

/**
 * Reviews an OpenAPI document of any origin by what it says itself; nothing is fetched.
 * @throws {TypeError} When it is no OpenAPI 3.0 or 3.1 document.
 */
export function reviewDocument(given: unknown): DocumentReview {
  const document = readForeignDocument(given)
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
  return {
    title: document.title,
    endpoints: document.operations.length,
    findings: sorted,
    counts: countFindings(sorted),
  }
}
