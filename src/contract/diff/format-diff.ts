import type { ReviewFormat } from '../review/format-review.ts'
import type { JudgedChange } from './acknowledge.ts'
import type { Severity } from './change-kinds.ts'

type Paint = NonNullable<ReviewFormat['paint']>

const RANK: Readonly<Record<Severity, number>> = { critical: 0, high: 1, medium: 2, low: 3, info: 4 }

/** The changes for a terminal: what fails first and worst first, then what is acknowledged, tightened, and neither. */
export function formatDiff(changes: readonly JudgedChange[], paint: Paint = (_, text) => text): string {
  if (changes.length === 0) return 'Nothing changed that this compares.\n'
  const failing = changes.filter(({ fails }) => fails).sort((a, b) => RANK[a.severity] - RANK[b.severity])
  const accepted = changes.filter(({ direction, fails }) => direction === 'loosens' && !fails)
  const parts = [
    section(
      `Loosened, and nobody's word for it: ${failing.length}`,
      failing.map((each) => failingLines(each, paint)),
      paint,
    ),
    section(`Loosened, and acknowledged: ${accepted.length}`, accepted.map(acceptedLines), paint),
    ...(['tightens', 'neutral'] as const).map((direction) => {
      const found = changes.filter((each) => each.direction === direction)
      const title = direction === 'tightens' ? 'Tightened' : 'Changed, neither looser nor tighter'
      return section(
        `${title}: ${found.length}`,
        found.map(({ sentence }) => [`  ${visible(sentence)}`]),
        paint,
      )
    }),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function section(title: string, blocks: readonly (readonly string[])[], paint: Paint): string {
  return blocks.length === 0 ? '' : [paint('title', title), ...blocks.flat()].join('\n')
}

function failingLines(change: JudgedChange, paint: Paint): readonly string[] {
  const { id, severity, risk, sentence, loosens, acknowledged } = change
  const level = paint(RANK[severity] < 2 ? 'error' : 'warning', severity.padEnd(8))
  return [
    `  ${id}  ${level}  ${risk.padEnd(5)}  ${visible(sentence)}`,
    paint('dim', `${' '.repeat(31)}${loosens}`),
    ...(acknowledged
      ? [
          `${' '.repeat(31)}it was acknowledged until ${acknowledged.until}, which has passed: ${visible(acknowledged.reason)}`,
        ]
      : []),
  ]
}

function acceptedLines({ id, sentence, acknowledged }: JudgedChange): readonly string[] {
  return [
    `  ${id}  ${visible(sentence)}`,
    `${' '.repeat(14)}until ${acknowledged?.until ?? ''}: ${visible(acknowledged?.reason ?? '')}`,
  ]
}

/** A document may hold control characters, which would reach the terminal. */
const visible = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '·')
