import type { ReviewFormat } from '../contract/review/format-review.ts'
import type { DrillReport, DrillResult } from './drill.ts'

const WORDS: Readonly<Record<DrillResult['outcome'], string>> = {
  killed: 'noticed',
  held: 'held',
  survived: 'SURVIVED',
  untried: 'not tried',
}
const KINDS = { killed: 'held', held: 'info', survived: 'error', untried: 'warning' } as const

/** A drill as text for a terminal: survivors first, then what was not tried, then what other layers held; what was noticed is counted. */
export function formatDrill(report: DrillReport, { paint = (_kind, text) => text }: ReviewFormat = {}): string {
  const { results } = report
  const of = (outcome: DrillResult['outcome']) => results.filter((each) => each.outcome === outcome)
  const lines = [
    paint('title', `${report.title}: ${results.length} protections taken away, one by one`),
    ...(['survived', 'untried', 'held', 'killed'] as const).flatMap((outcome) =>
      of(outcome).length === 0
        ? []
        : ['', ...of(outcome).map((each) => `  ${paint(KINDS[outcome], WORDS[outcome].padEnd(10))} ${told(each)}`)],
    ),
    '',
    ...togetherLines(report, paint),
    `${of('killed').length} noticed, ${of('held').length} held by another layer, ${of('survived').length} survived, ${of('untried').length} not tried; ` +
      `${report.requests} requests in ${report.seconds.toFixed(1)} s`,
  ]
  return `${lines.join('\n')}\n`
}

/** Each risk with all its layers away at once. */
function togetherLines({ layers }: DrillReport, paint: NonNullable<ReviewFormat['paint']>): readonly string[] {
  if (layers.length === 0) return []
  const words = { red: 'red', survived: 'SURVIVED', untried: 'not tried' } as const
  const kinds = { red: 'held', survived: 'error', untried: 'warning' } as const
  return [
    paint('title', 'All layers of a risk away at once'),
    '',
    ...layers.map(
      ({ risk, layers: names, outcome, by }) =>
        `  ${paint(kinds[outcome], words[outcome].padEnd(10))} ${risk.padEnd(6)}${names.join(', ')}${by.length > 0 ? `: ${by.join(', ')}` : ''}`,
    ),
    '',
  ]
}

function told({ risk, endpoint, title, outcome, by }: DrillResult): string {
  const how =
    outcome === 'killed'
      ? `: ${by.join(', ')}`
      : outcome === 'held'
        ? ` by ${by.join(', ')}`
        : by.length > 0
          ? `: ${by[0]}`
          : ''
  return `${risk.padEnd(6)}${endpoint ?? 'the API'} ${title}${how}`
}
