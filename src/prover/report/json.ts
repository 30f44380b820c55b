import type { Assessment, Judged } from './assessment.ts'
import type { BaselineEntry } from './baseline.ts'

/** The run as JSON by `turnpike/prove-report.schema.json`, version 1. */
export function formatJson({ run, findings, fixed, unseen, risks, reasons }: Assessment): string {
  const report = {
    version: 1,
    turnpike: run.turnpike,
    run: {
      id: run.runId,
      target: run.target,
      contract: run.contract,
      startedAt: run.startedAt,
      endedAt: run.endedAt,
      interrupted: run.interrupted,
      requests: run.requests,
      seconds: run.seconds,
      firstFindingSeconds: run.firstFindingSeconds,
      options: run.options,
    },
    plan: run.plan,
    risks,
    findings: findings.map(findingJson),
    fixed: fixed.map(knownJson),
    unseen: unseen.map(knownJson),
    open: reasons,
    attacks: run.attacks,
    results: run.results,
  }
  return `${JSON.stringify(report, null, 2)}\n`
}

const findingJson = ({ attack, ...finding }: Judged) => ({
  id: finding.id,
  state: finding.state,
  note: finding.note,
  acceptance: finding.acceptance,
  firstSeen: finding.firstSeen,
  attack: attack.id,
  risk: attack.risk,
  severity: finding.severity,
  cwe: attack.cwe,
  cause: finding.cause,
  title: attack.title,
  operation: finding.operation,
  variant: finding.variant,
  why: finding.why,
  identities: finding.identities,
  cases: finding.cases,
  evidence: finding.evidence,
  curl: finding.curl,
  fix: attack.fix,
})

const knownJson = ({ id, attack, operation, variant, title, severity, firstSeen }: BaselineEntry) => ({
  id,
  attack,
  operation,
  variant,
  title,
  severity,
  firstSeen,
})
