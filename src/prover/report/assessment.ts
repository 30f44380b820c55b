import type { Clock } from '../../base/clock.ts'
import type { AttackSeverity } from '../verdict.ts'
import { type Baseline, type BaselineEntry, dayOf, EMPTY_BASELINE, entryOf, isAccepted, replaced } from './baseline.ts'
import { type Finding, type FindingGroup, findingsOf, groupFindings, isAtLeast } from './findings.ts'
import { mergeReasons, type Reason, type RiskRow, riskRows } from './risk-rows.ts'
import type { RunRecord } from './run-record.ts'

/** A run against a baseline: what every format tells, so that all tell the same. */
export interface Assessment {
  readonly run: RunRecord
  readonly findings: readonly Judged[]
  readonly groups: readonly (Omit<FindingGroup, 'findings'> & { readonly findings: readonly Judged[] })[]
  /** Known findings whose cases were all held this time. */
  readonly fixed: readonly BaselineEntry[]
  /** Known findings that this run neither found nor showed to be mended: they stay what they were. */
  readonly unseen: readonly BaselineEntry[]
  readonly risks: readonly RiskRow[]
  readonly reasons: readonly Reason[]
}

export interface Judged extends Finding {
  readonly state: 'new' | 'open' | 'accepted'
  /** What is to be said of the state: that an acceptance ran out, that it was fixed before; null for nothing. */
  readonly note: string | null
  readonly acceptance: { readonly reason: string; readonly until: string } | null
  /** UTC day; today where it is new. */
  readonly firstSeen: string
}

/** Judges a run against what is known. */
export function assess(run: RunRecord, clock: Clock, baseline: Baseline = EMPTY_BASELINE): Assessment {
  const known = new Map(baseline.findings.map((entry) => [entry.id, entry]))
  const findings = findingsOf(run).map((finding) => judged(finding, known.get(finding.id), clock))
  const found = new Set(findings.map(({ id }) => id))
  const absent = baseline.findings.filter(({ id, state }) => !found.has(id) && state !== 'fixed')
  const fixed = absent.filter((entry) => isHeld(entry, run))
  const risks = riskRows(run)
  return {
    run,
    findings,
    groups: groupFindings(findings) as Assessment['groups'],
    fixed,
    unseen: absent.filter((entry) => !fixed.includes(entry)),
    risks,
    reasons: mergeReasons(risks.flatMap(({ reasons }) => reasons)),
  }
}

/** Findings that fail a run: neither accepted nor below the floor. */
export const failing = ({ findings }: Assessment, floor: AttackSeverity): readonly Judged[] =>
  findings.filter(({ state, severity }) => state !== 'accepted' && isAtLeast(severity, floor))

/** The baseline after this run: what is new is open, what was held is fixed, everything else stays. */
export function updateBaseline(baseline: Baseline, { findings, fixed }: Assessment, clock: Clock): Baseline {
  const today = dayOf(clock.now())
  let updated = baseline
  for (const finding of findings)
    if (finding.state !== 'accepted')
      updated = replaced(updated, { ...entryOf(finding, today), firstSeen: finding.firstSeen })
  for (const { id, attack, operation, variant, title, severity, firstSeen } of fixed)
    updated = replaced(updated, { id, attack, operation, variant, title, severity, firstSeen, state: 'fixed' })
  return updated
}

function judged(finding: Finding, entry: BaselineEntry | undefined, clock: Clock): Judged {
  const plain = { ...finding, note: null, acceptance: null, firstSeen: entry?.firstSeen ?? dayOf(clock.now()) }
  if (entry === undefined) return { ...plain, state: 'new' }
  switch (entry.state) {
    case 'open':
      return { ...plain, state: 'open' }
    case 'fixed':
      return { ...plain, state: 'new', note: 'it had been fixed and is back' }
    case 'accepted': {
      const { reason, until } = entry
      if (!isAccepted(entry, clock))
        return { ...plain, state: 'open', note: `its acceptance ran out on ${until} (${reason})` }
      if (!isAtLeast(entry.severity, finding.severity))
        return { ...plain, state: 'open', note: `it was accepted as ${entry.severity} and is ${finding.severity} now` }
      return { ...plain, state: 'accepted', acceptance: { reason, until } }
    }
  }
}

/** Fixed is what was tried again and held in every case: silence mends nothing. */
function isHeld({ attack, operation, variant }: BaselineEntry, { results }: RunRecord): boolean {
  const same = results.filter(
    (result) => result.attack === attack && result.operation === operation && result.variant === variant,
  )
  return same.length > 0 && same.every(({ outcome }) => outcome === 'pass')
}
