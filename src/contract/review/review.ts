import { type Access, role } from '../access.ts'
import type { Api } from '../api.ts'
import type { Endpoint } from '../endpoint.ts'
import { type ChecklistRow, checklist } from './checklist.ts'
import type { Finding, Risk, Rule, Severity } from './finding.ts'
import { accessMissing } from './rules/access-missing.ts'
import { ALL_RULES } from './rules/all-rules.ts'
import { contractFaults } from './rules/contract-faults.ts'
import type { Surroundings } from './surroundings.ts'

export { formatReview, type ReviewFormat } from './format-review.ts'
export type { ChecklistRow, Finding, Risk, Rule, Severity, Surroundings }

/** What a contract was found to be. */
export interface Review {
  readonly title: string
  readonly endpoints: number
  /** Worst first, grouped by rule. */
  readonly findings: readonly Finding[]
  readonly counts: Readonly<Record<Severity, number>>
  /** The guide's checklist and the ten risks, row by row. */
  readonly checklist: readonly ChecklistRow[]
}

/** The rules, for docs and tests. */
export const REVIEW_RULES: readonly Rule[] = ALL_RULES

const WEIGHT: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 }

/**
 * Checks a contract without opening or calling anything.
 * @param surroundings - Runtime, settings, layers, dependencies and identity as far as known; what is not given is not judged.
 */
export function review(api: Api, surroundings: Surroundings = {}): Review {
  // An endpoint without an access rule is named by one rule; the others read one that lets nobody in.
  const readable: Api = { ...api, endpoints: api.endpoints.map(withAccess) }
  const findings = ALL_RULES.flatMap((rule) => {
    const all = rule === accessMissing || rule === contractFaults
    return findingsOf(rule, all ? api : readable, surroundings)
  })
  const sorted = sortFindings(findings)
  return {
    title: api.title,
    endpoints: api.endpoints.length,
    findings: sorted,
    counts: countFindings(sorted),
    checklist: checklist(readable, surroundings, sorted),
  }
}

const withAccess = (endpoint: Endpoint): Endpoint =>
  (endpoint.access as Access<string> | undefined) === undefined
    ? { ...endpoint, access: role('none is declared') }
    : endpoint

function findingsOf(rule: Rule, api: Api, surroundings: Surroundings): Finding[] {
  const found = [...rule.check(api, surroundings)].map(({ endpoint, subject, message, fix, step, severity }) => ({
    rule: rule.id,
    risk: rule.risk,
    asvs: rule.asvs,
    severity: severity ?? rule.severity,
    endpoint: endpoint?.id ?? null,
    message: `${endpoint?.id ?? subject ?? 'the API'}: ${message}`,
    fix,
    ...(step === undefined ? {} : { step }),
  }))
  const seen = new Set<string>()
  return found.filter(({ message }) => !seen.has(message) && seen.add(message))
}

/** Worst first; the findings of a rule stay together, where its worst one stands. */
export function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  const worst = new Map<string, number>()
  for (const { rule, severity } of findings) worst.set(rule, Math.min(worst.get(rule) ?? 2, WEIGHT[severity]))
  const position = new Map([...worst.keys()].map((rule, index) => [rule, index]))
  const place = (finding: Finding) =>
    [worst.get(finding.rule) ?? 2, position.get(finding.rule) ?? 0, WEIGHT[finding.severity]] as const
  return [...findings].sort((a, b) => {
    const [worstA, ruleA, ownA] = place(a)
    const [worstB, ruleB, ownB] = place(b)
    return worstA - worstB || ruleA - ruleB || ownA - ownB
  })
}

export function countFindings(findings: readonly Finding[]): Readonly<Record<Severity, number>> {
  const counts = { error: 0, warning: 0, info: 0 }
  for (const { severity } of findings) counts[severity] += 1
  return counts
}
