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
  /** What must hold, by rule. Where it is given, a rule is said once with its first places: a document may have thousands. */
  readonly titles?: Readonly<Record<string, string>>
}

const HEADINGS: Readonly<Record<ChecklistRow['part'], string>> = {
  guide: 'Checklist',
  risk: 'OWASP API Security Top 10, 2023',
  asvs: 'ASVS 5.0, sign-in, sessions and tokens (V6, V7, V9, V10)',
}
const MARKS: Readonly<Record<Severity, string>> = { error: '✗', warning: '!', info: '·' }

/** The review as text for a terminal: grouped by rule, worst first, each with the line to write; then the checklist. */
export function formatReview(review: Printable, { paint = (_kind, text) => text }: ReviewFormat = {}): string {
  const lines = [paint('title', `${review.title}: ${review.endpoints} endpoints`)]
  for (const group of groupsOf(review.findings)) lines.push(...formatGroup(group, review.titles, paint))
  for (const part of ['guide', 'risk', 'asvs'] as const) {
    const rows = (review.checklist ?? []).filter((row) => row.part === part)
    if (rows.length > 0) lines.push('', paint('title', HEADINGS[part]))
    for (const row of rows) lines.push(...formatRow(row, paint))
  }
  const { error, warning, info } = review.counts
  lines.push('', `${error} errors, ${warning} warnings, ${info} notes`)
  return `${lines.join('\n')}\n`
}

/** Places of one rule that are printed of a document; `--json` has all. */
const SHOWN = 5

/** Findings of one rule stand together already. */
function groupsOf(findings: readonly Finding[]): readonly (readonly Finding[])[] {
  const groups: Finding[][] = []
  for (const finding of findings) {
    const last = groups.at(-1)
    if (last?.[0]?.rule === finding.rule) last.push(finding)
    else groups.push([finding])
  }
  return groups
}

function formatGroup(
  group: readonly Finding[],
  titles: Printable['titles'],
  paint: NonNullable<ReviewFormat['paint']>,
): string[] {
  const [first] = group
  if (first === undefined) return []
  const shown = titles === undefined ? group : group.slice(0, SHOWN)
  const title = titles?.[first.rule]
  const lines = ['', `${paint(first.severity, first.rule)} ${paint('dim', sources(first))}`]
  if (title !== undefined) lines.push(`  ${title}`)
  shown.forEach((finding, index) => {
    lines.push(`  ${paint(finding.severity, MARKS[finding.severity])} ${finding.message}`)
    // The same line to write for several places is said once.
    if (titles === undefined || shown[index + 1]?.fix !== finding.fix)
      lines.push(`    ${paint('dim', finding.step ?? 'write')} ${finding.fix}`)
  })
  if (shown.length < group.length)
    lines.push(`  ${paint('dim', `and ${group.length - shown.length} more; --json names all ${group.length}`)}`)
  return lines
}

const sources = ({ risk, asvs }: Finding): string =>
  [risk, asvs === null ? null : `ASVS ${asvs}`].filter((each) => each !== null).join(', ')

function formatRow({ title, state, by }: ChecklistRow, paint: NonNullable<ReviewFormat['paint']>): string[] {
  const kind = state === 'held' ? 'held' : state === 'missing' ? 'error' : 'dim'
  return [`  ${paint(kind, state.padEnd(14))} ${title}`, ...by.map((line) => `                 ${paint('dim', line)}`)]
}
