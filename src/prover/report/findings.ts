import { createHash } from 'node:crypto'
import type { Exchange } from '../engine/exchange.ts'
import type { CaseResult } from '../prove.ts'
import type { AttackSeverity } from '../verdict.ts'
import { curlLine } from './curl-line.ts'
import type { AttackData, RunRecord } from './run-record.ts'
import { placeholderPattern } from './shell-quote.ts'

/** One attack that goes through at one place; who did it to whom is folded. */
export interface Finding {
  /** `object-read-1f2e3d4c`: of attack, operation, variant and cause, so that order and identities do not matter. */
  readonly id: string
  readonly attack: AttackData
  readonly severity: AttackSeverity
  readonly cause: string
  /** Null where it concerns the API as a whole. */
  readonly operation: string | null
  /** Such as the parameter. */
  readonly variant: string | null
  /** What was seen, in a sentence. */
  readonly why: string
  readonly identities: readonly { readonly owner: string | null; readonly attacker: string | null }[]
  /** Ids of the cases behind it. */
  readonly cases: readonly string[]
  /** What shows it, the telling exchange last. */
  readonly evidence: readonly Exchange[]
  /** A line for each of them. */
  readonly curl: readonly string[]
}

/** Findings that are mended together, worst first. */
export interface FindingGroup {
  readonly cause: string
  readonly title: string
  readonly severity: AttackSeverity
  readonly findings: readonly Finding[]
}

export const SEVERITIES: readonly AttackSeverity[] = ['critical', 'high', 'medium', 'low', 'info']

/** What went through, folded: the worst first, then what most identities can do. */
export function findingsOf(run: RunRecord): readonly Finding[] {
  const attacks = new Map(run.attacks.map((attack) => [attack.id, attack]))
  const folded = new Map<string, CaseResult[]>()
  for (const result of run.results) {
    if (result.outcome !== 'fail') continue
    const id = findingId(result)
    folded.set(id, [...(folded.get(id) ?? []), result])
  }
  const placeholders = placeholderPattern(run.plan.identities.map(({ name }) => name))
  const findings = [...folded].flatMap(([id, results]) => {
    const attack = attacks.get(results[0]?.attack ?? '')
    return attack === undefined ? [] : [findingOf(id, attack, results, run, placeholders)]
  })
  return findings.sort(compareFindings)
}

/** Groups by cause: by severity, then by the number of places, then in the order of the published list. */
export function groupFindings(findings: readonly Finding[]): readonly FindingGroup[] {
  const byCause = new Map<string, Finding[]>()
  for (const finding of findings) byCause.set(finding.cause, [...(byCause.get(finding.cause) ?? []), finding])
  const groups = [...byCause].map(([cause, members]) => {
    const sorted = [...members].sort(compareFindings)
    const [worst] = sorted as [Finding]
    return { cause, title: worst.attack.title, severity: worst.severity, findings: sorted }
  })
  return groups.sort(
    (a, b) =>
      rankOf(a.severity) - rankOf(b.severity) ||
      b.findings.length - a.findings.length ||
      numberOf(a) - numberOf(b) ||
      compareTexts(a.cause, b.cause),
  )
}

/** The id of the finding that a failed case is part of. */
export function findingId({
  attack,
  operation,
  variant,
  cause,
}: Pick<CaseResult, 'attack' | 'operation' | 'variant' | 'cause'>): string {
  const parts = [attack, operation ?? '', variant ?? '', cause]
  return `${attack}-${createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 8)}`
}

/** Whether a severity is at least as bad as another. */
export const isAtLeast = (severity: AttackSeverity, floor: AttackSeverity): boolean => rankOf(severity) <= rankOf(floor)

/** `alice → bob`; `nobody` where there is no identity. */
const identityText = ({ owner, attacker }: Finding['identities'][number]): string =>
  owner !== null && attacker !== null ? `${owner} → ${attacker}` : (attacker ?? owner ?? 'nobody')

/** `alice → bob, alice → carol and 5 more`. */
export function identitiesText({ identities }: Finding, max = 4): string {
  const texts = identities.map(identityText)
  return texts.length <= max
    ? texts.join(', ')
    : `${texts.slice(0, max - 1).join(', ')} and ${texts.length - max + 1} more`
}

/** `GET /invoices/{id} (userId)`. */
export const placeText = ({ operation, variant }: Pick<CaseResult, 'operation' | 'variant'>): string =>
  `${operation ?? 'the API as a whole'}${variant === null ? '' : ` (${variant})`}`

function findingOf(
  id: string,
  attack: AttackData,
  results: readonly CaseResult[],
  run: RunRecord,
  placeholders: RegExp,
): Finding {
  // The plainest pair tells it best: two users, in the order in which they were named.
  const order = run.plan.identities.map(
    ({ name, kind }, index) => [name, kind === 'user' ? index : index + 1000] as const,
  )
  const place = new Map<string | null, number>(order)
  const plainness = ({ owner, attacker }: CaseResult) => (place.get(owner) ?? 0) * 10 + (place.get(attacker) ?? 0)
  const sorted = [...results].sort(
    (a, b) => rankOf(a.severity) - rankOf(b.severity) || plainness(a) - plainness(b) || compareTexts(a.id, b.id),
  )
  const [worst] = sorted as [CaseResult]
  const evidence = worst.evidence.flatMap((number) => run.exchanges.get(number) ?? [])
  const identities = new Map(
    sorted.map(({ owner, attacker }) => [`${owner} ${attacker}`, { owner, attacker }] as const),
  )
  return {
    id,
    attack,
    severity: worst.severity,
    cause: worst.cause,
    operation: worst.operation,
    variant: worst.variant,
    why: worst.why,
    identities: [...identities.values()],
    cases: sorted.map((result) => result.id),
    evidence,
    curl: evidence.map((exchange) => curlLine(exchange, placeholders)),
  }
}

const rankOf = (severity: AttackSeverity): number => SEVERITIES.indexOf(severity)
const numberOf = ({ findings }: FindingGroup): number => findings[0]?.attack.number ?? 0
const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const compareFindings = (a: Finding, b: Finding): number =>
  rankOf(a.severity) - rankOf(b.severity) ||
  b.identities.length - a.identities.length ||
  a.attack.number - b.attack.number ||
  compareTexts(placeText(a), placeText(b)) ||
  compareTexts(a.id, b.id)
