import type { Risk } from '../../contract/review/finding.ts'
import type { CaseResult } from '../prove.ts'
import type { Outcome } from '../verdict.ts'
import { type AttackData, RISKS, type RunRecord } from './run-record.ts'

/** `held`: each attack that was tried was held; `inconclusive`: at least one attack never came to a conclusion. */
export type RiskState = 'held' | 'broken' | 'inconclusive' | 'not tested'

/** What a run says of one of the ten risks. */
export interface RiskRow {
  readonly risk: Risk
  readonly title: string
  readonly state: RiskState
  /** Attacks by what came of them. One that was held in some cases and nothing worse counts as held. */
  readonly attacks: {
    readonly held: number
    readonly broken: number
    readonly inconclusive: number
    readonly notTested: number
    /** Nothing of the API is what they are about. */
    readonly notApplicable: number
  }
  /** Cases by outcome. */
  readonly cases: Readonly<Record<Outcome, number>>
  readonly requests: number
  readonly reasons: readonly Reason[]
}

/** Why something was not tested or stayed open, told once. */
export interface Reason {
  readonly outcome: 'inconclusive' | 'not-tested'
  readonly why: string
  /** Ids. */
  readonly attacks: readonly string[]
  /** Where; none where it concerns the API as a whole. */
  readonly operations: readonly string[]
  readonly cases: number
}

/** The ten risks, each with what is behind its state. */
export function riskRows(run: RunRecord): readonly RiskRow[] {
  const results = groupBy(run.results, ({ attack }) => attack)
  return RISKS.map(([risk, title]) => {
    const attacks = run.attacks.filter((attack) => attack.risk === risk)
    const own = attacks.flatMap(({ id }) => results.get(id) ?? [])
    const applicable = attacks.filter(({ id }) => results.has(id) || run.interrupted)
    const states = applicable.map(({ id }) => stateOf(results.get(id) ?? []))
    const count = (state: RiskState) => states.filter((each) => each === state).length
    const counts = {
      held: count('held'),
      broken: count('broken'),
      inconclusive: count('inconclusive'),
      notTested: count('not tested'),
      notApplicable: attacks.length - applicable.length,
    }
    return {
      risk,
      title,
      state: worstOf(counts),
      attacks: counts,
      cases: casesOf(own),
      requests: own.reduce((sum, { requests }) => sum + requests, 0),
      reasons: [...reasonsOf(own), ...unused(attacks, results, run)],
    }
  })
}

/** What came of one attack, or of the cases of one cell of a matrix. */
export function stateOf(results: readonly CaseResult[]): RiskState {
  const { pass, fail, inconclusive } = casesOf(results)
  if (fail > 0) return 'broken'
  if (pass > 0) return 'held'
  return inconclusive > 0 ? 'inconclusive' : 'not tested'
}

/** `held against 12 attacks (85 cases, 412 requests)`. Never that something is safe. */
export function riskText({ state, attacks, cases, requests }: RiskRow): string {
  const tried = `${counted(cases.pass + cases.fail, 'case')}, ${counted(requests, 'request')}`
  const open = [
    ...(cases.inconclusive > 0 ? [`${counted(cases.inconclusive, 'case')} inconclusive`] : []),
    ...(attacks.notTested > 0 ? [`${counted(attacks.notTested, 'attack')} not tested`] : []),
    ...(attacks.notApplicable > 0 ? [`${counted(attacks.notApplicable, 'attack')} with nothing to try`] : []),
  ]
  const held = attacks.held > 0 ? [`held against ${attacks.held}`] : []
  switch (state) {
    case 'held':
      return [`held against ${counted(attacks.held, 'attack')} (${tried})`, ...open].join('; ')
    case 'broken':
      return [`${[`broken by ${counted(attacks.broken, 'attack')}`, ...held].join(', ')} (${tried})`, ...open].join(
        '; ',
      )
    case 'inconclusive':
      return [
        `${[`${counted(attacks.inconclusive, 'attack')} came to no conclusion`, ...held].join(', ')} (${tried})`,
        ...open,
      ].join('; ')
    case 'not tested':
      return 'not tested'
  }
}

/** The same reason of several cases is told once. */
function reasonsOf(results: readonly CaseResult[]): readonly Reason[] {
  const open = results.filter(({ outcome }) => outcome === 'inconclusive' || outcome === 'not-tested')
  return widestFirst(
    [...groupBy(open, ({ outcome, why }) => `${outcome} ${why}`).values()].map((cases) => {
      const [{ outcome, why }] = cases as [CaseResult]
      return {
        outcome: outcome as Reason['outcome'],
        why,
        attacks: distinct(cases.map(({ attack }) => attack)),
        operations: distinct(cases.flatMap(({ operation }) => operation ?? [])),
        cases: cases.length,
      }
    }),
  )
}

const widestFirst = (reasons: readonly Reason[]): readonly Reason[] =>
  [...reasons].sort((a, b) => b.cases - a.cases || (a.why < b.why ? -1 : 1))

/** The reasons of several risks in one list; that a whole risk was left out stands in its row. */
export function mergeReasons(reasons: readonly Reason[]): readonly Reason[] {
  const told = reasons.filter(({ attacks }) => attacks.length > 0)
  return widestFirst(
    [...groupBy(told, ({ outcome, why }) => `${outcome} ${why}`).values()].map((same) => ({
      ...(same[0] as Reason),
      attacks: distinct(same.flatMap(({ attacks }) => attacks)),
      operations: distinct(same.flatMap(({ operations }) => operations)),
      cases: same.reduce((sum, { cases }) => sum + cases, 0),
    })),
  )
}

/** `1 case`, `2 cases`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

/** Attacks that had nothing to try here. */
function unused(
  attacks: readonly AttackData[],
  results: ReadonlyMap<string, readonly CaseResult[]>,
  run: RunRecord,
): readonly Reason[] {
  const without = attacks.filter(({ id }) => !results.has(id)).map(({ id }) => id)
  const why = run.interrupted ? 'the run ended before' : 'the API has nothing that it applies to'
  const rest: Reason[] =
    without.length > 0 ? [{ outcome: 'not-tested', why, attacks: without, operations: [], cases: 0 }] : []
  return attacks.length > 0
    ? rest
    : [{ outcome: 'not-tested', why: 'no attack of this risk was chosen', attacks: [], operations: [], cases: 0 }]
}

function worstOf({ held, broken, inconclusive }: RiskRow['attacks']): RiskState {
  if (broken > 0) return 'broken'
  if (inconclusive > 0) return 'inconclusive'
  return held > 0 ? 'held' : 'not tested'
}

function casesOf(results: readonly CaseResult[]): Record<Outcome, number> {
  const cases = { pass: 0, fail: 0, inconclusive: 0, 'not-tested': 0 }
  for (const { outcome } of results) cases[outcome]++
  return cases
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(key(item))
    if (group) group.push(item)
    else groups.set(key(item), [item])
  }
  return groups
}

const distinct = (texts: readonly string[]): readonly string[] => [...new Set(texts)].sort()
