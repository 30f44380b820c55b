import type { ChecklistRow } from './checklist.ts'
import type { Finding, Severity } from './finding.ts'

/** How marks look. The contract layer paints nothing itself; a terminal hands in its colours. */
export interface ReviewFormat {
  readonly paint?: (kind: Severity | 'held' | 'dim' | 'title', text: string) => string
}

/** What is printed: a review of ours, or of a foreign document (which has no checklist). */
export interface Printable {
  readonly title: string
  readonly endpoints: number
  readonly findings: readonly Finding[]
  readonly counts: Readonly<Record<Severity, number>>
  readonly checklist?: readonly ChecklistRow[]
}

const MARKS: Readonly<Record<Severity, string>> = { error: '✗', warning: '!', info: '·' }

/** The review as text for a terminal: grouped by rule, worst first, each with the line to write; then the checklist. */
export function formatReview(review: Printable, { paint = (_kind, text) => text }: ReviewFormat = {}): string {
  const lines = [paint('title', `${review.title}: ${review.endpoints} endpoints`)]
  let rule = ''
  for (const finding of review.findings) {
    if (finding.rule !== rule)
      lines.push('', `${paint(finding.severity, finding.rule)} ${paint('dim', sources(finding))}`)
    rule = finding.rule
    lines.push(
      `  ${paint(finding.severity, MARKS[finding.severity])} ${finding.message}`,
      `    ${paint('dim', finding.step ?? 'write')} ${finding.fix}`,
    )
  }
  for (const part of ['guide', 'risk'] as const) {
    const rows = (review.checklist ?? []).filter((row) => row.part === part)
    if (rows.length > 0)
      lines.push('', paint('title', part === 'guide' ? 'Checklist' : 'OWASP API Security Top 10, 2023'))
    for (const row of rows) lines.push(...formatRow(row, paint))
  }
  const { error, warning, info } = review.counts
  lines.push('', `${error} errors, ${warning} warnings, ${info} notes`)
  return `${lines.join('\n')}\n`
}

const sources = ({ risk, asvs }: Finding): string =>
  [risk, asvs === null ? null : `ASVS ${asvs}`].filter((each) => each !== null).join(', ')

function formatRow({ title, state, by }: ChecklistRow, paint: NonNullable<ReviewFormat['paint']>): string[] {
  const kind = state === 'held' ? 'held' : state === 'missing' ? 'error' : 'dim'
  return [`  ${paint(kind, state.padEnd(14))} ${title}`, ...by.map((line) => `                 ${paint('dim', line)}`)]
}
