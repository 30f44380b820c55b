import type { AttackSeverity } from '../verdict.ts'
import type { Assessment, Judged } from './assessment.ts'
import { exchangeLine } from './exchange-text.ts'
import { identitiesText, placeText } from './findings.ts'
import { counted, type Reason, type RiskRow, riskText } from './risk-rows.ts'
import { countsText, scopeText, speedText } from './run-texts.ts'
import { visible, visibleLines } from './visible.ts'

/** How marks look, as in a review. Default: plain. */
export type ReportPaint = (kind: 'error' | 'warning' | 'info' | 'held' | 'dim' | 'title', text: string) => string

export interface TerminalOptions {
  readonly paint?: ReportPaint
  /** Places of one cause that are told in full; the rest is counted. Default 5. */
  readonly maxPlaces?: number
}

const KIND: Readonly<Record<AttackSeverity, 'error' | 'warning' | 'info'>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'info',
  info: 'info',
}
const MARK = { held: '✓', broken: '✗', inconclusive: '?', 'not tested': '–' } as const

/** The run as text: the ten risks at a glance, findings by cause, what was not tested and why, and what it took. */
export function formatTerminal(assessment: Assessment, { paint = plain, maxPlaces = 5 }: TerminalOptions = {}): string {
  const { run, groups, fixed, unseen, risks, reasons } = assessment
  const lines = [
    paint('title', visible(`${run.plan.title}: ${run.target}`)),
    paint('dim', visible(scopeText(assessment))),
    '',
    paint('title', 'OWASP API Security Top 10, 2023'),
    ...risks.flatMap((row) => formatRisk(row, paint)),
    '',
    paint('title', countsText(assessment)),
  ]
  for (const { findings } of groups) lines.push(...formatGroup(findings, paint, maxPlaces))
  if (fixed.length > 0) lines.push('', paint('held', 'Fixed'))
  for (const entry of fixed) lines.push(visible(`  ✓ ${entry.id}  ${placeText(entry)}: ${entry.title}`))
  if (unseen.length > 0) lines.push('', paint('title', 'Known, and neither found nor shown to be mended this time'))
  for (const entry of unseen) lines.push(visible(`  – ${entry.id}  ${placeText(entry)}: ${entry.title}`))
  lines.push(...formatReasons('inconclusive', reasons, paint), ...formatReasons('not-tested', reasons, paint))
  lines.push('', ...speedLines(assessment, paint))
  return `${lines.join('\n')}\n`
}

const plain: ReportPaint = (_kind, text) => text

function formatRisk(row: RiskRow, paint: ReportPaint): string[] {
  const kind = { held: 'held', broken: 'error', inconclusive: 'warning', 'not tested': 'dim' } as const
  const reason = row.reasons.find(({ outcome }) => outcome === 'inconclusive') ?? row.reasons[0]
  const why =
    row.state === 'not tested' || row.state === 'inconclusive'
      ? [`             ${paint('dim', visible(reason?.why ?? ''))}`]
      : []
  return [
    `  ${paint(kind[row.state], `${MARK[row.state]} ${row.risk.padEnd(5)}`)}  ${row.title}: ${riskText(row)}`,
    ...why,
  ]
}

function formatGroup(findings: readonly Judged[], paint: ReportPaint, maxPlaces: number): string[] {
  const [worst] = findings
  if (worst === undefined) return []
  const { attack, severity } = worst
  const lines = [
    '',
    `${paint(KIND[severity], severity)}  ${paint('title', attack.title)}  ${paint('dim', `${attack.risk}, CWE-${attack.cwe}, ${counted(findings.length, 'place')}`)}`,
  ]
  for (const finding of findings.slice(0, maxPlaces)) lines.push(...formatFinding(finding, paint))
  for (const finding of findings.slice(maxPlaces, maxPlaces + MAX_NAMED))
    lines.push(visible(`  ${finding.id}  ${finding.state}  ${placeText(finding)}`))
  const unnamed = findings.length - maxPlaces - MAX_NAMED
  if (unnamed > 0)
    lines.push(paint('dim', `  and ${counted(unnamed, 'place')} more; the JSON and HTML reports name all`))
  // What has one cause is mended in one place; the pages have the words of each attack.
  lines.push(`  ${paint('held', 'fix')} ${attack.fix}`)
  return lines
}

/** Places that are named without their exchanges. */
const MAX_NAMED = 20

function formatFinding(finding: Judged, paint: ReportPaint): string[] {
  const who = identitiesText(finding)
  return [
    `  ${paint(KIND[finding.severity], '✗')} ${visible(`${placeText(finding)}  ${who}`)}  ${paint('dim', `${finding.id}  ${finding.state}`)}`,
    `    ${visible(finding.why)}`,
    ...(finding.note === null ? [] : [`    ${paint('warning', visible(finding.note))}`]),
    ...(finding.acceptance === null
      ? []
      : [`    ${paint('dim', visible(`accepted until ${finding.acceptance.until}: ${finding.acceptance.reason}`))}`]),
    ...finding.evidence.slice(-TOLD).map((exchange) => `    ${paint('dim', visible(exchangeLine(exchange)))}`),
    ...finding.curl.slice(-TOLD).map((line) => `    ${visibleLines(line)}`),
  ]
}

/** Exchanges that are shown, the telling one last; the other formats have all. */
const TOLD = 2

function formatReasons(outcome: Reason['outcome'], reasons: readonly Reason[], paint: ReportPaint): string[] {
  const own = reasons.filter((reason) => reason.outcome === outcome)
  if (own.length === 0) return []
  const shown = own.slice(0, MAX_REASONS)
  return [
    '',
    paint('title', outcome === 'inconclusive' ? 'Inconclusive' : 'Not tested'),
    ...shown.flatMap(({ why, attacks, operations, cases }) => [
      `  ${outcome === 'inconclusive' ? '?' : '–'} ${visible(why)}`,
      `    ${paint('dim', visible(`${counted(cases, 'case')}: ${few(attacks)}${operations.length > 0 ? ` on ${few(operations)}` : ''}`))}`,
    ]),
    ...(own.length > shown.length ? [paint('dim', `  and ${counted(own.length - shown.length, 'reason')} more`)] : []),
  ]
}

const MAX_REASONS = 30

const few = (names: readonly string[]): string =>
  names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`

function speedLines(assessment: Assessment, paint: ReportPaint): string[] {
  const { run } = assessment
  return [
    paint('dim', speedText(assessment)),
    ...(run.interrupted
      ? [paint('warning', 'The run was stopped before its end: what it did not reach says nothing.')]
      : []),
  ]
}
