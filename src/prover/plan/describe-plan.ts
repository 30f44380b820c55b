import type { Risk } from '../../contract/review/finding.ts'
import type { Attack } from '../attack.ts'
import { visible } from '../report/visible.ts'
import type { CheckFormat } from './check.ts'
import type { Plan } from './plan.ts'

/** What would be tried, and what cannot be and why. Nothing is sent. */
export interface PlanDescription {
  readonly title: string
  readonly operations: number
  readonly risks: readonly RiskDescription[]
  readonly notes: readonly string[]
}

export interface RiskDescription {
  readonly risk: Risk
  /** Attacks with a case at least, and the cases of all. */
  readonly attacks: number
  readonly cases: number
  /** Requests at most. */
  readonly requests: number
  readonly untested: readonly {
    readonly why: string
    readonly attacks: readonly string[]
    readonly operations: readonly string[]
  }[]
  /** Attacks that find nothing of their kind in this API. */
  readonly nothing: readonly string[]
}

/** Counts the cases of each attack, by risk. */
export function describePlan(plan: Plan, attacks: readonly Attack[]): PlanDescription {
  const risks = [...new Set(attacks.map(({ risk }) => risk))]
  return {
    title: plan.title,
    operations: plan.operations.filter(({ leftOut }) => !leftOut).length,
    risks: risks.map((risk) =>
      describeRisk(
        risk,
        plan,
        attacks.filter((each) => each.risk === risk),
      ),
    ),
    notes: plan.notes,
  }
}

function describeRisk(risk: Risk, plan: Plan, attacks: readonly Attack[]): RiskDescription {
  const untested = new Map<string, { attacks: Set<string>; operations: Set<string> }>()
  const nothing: string[] = []
  let [tried, cases, requests] = [0, 0, 0]
  for (const attack of attacks) {
    const all = [...attack.cases(plan)]
    const able = all.filter((each) => !('untested' in each)).length
    if (all.length === 0) nothing.push(attack.id)
    if (able > 0) tried++
    cases += able
    requests += able * attack.maxRequests
    for (const each of all) {
      if (!('untested' in each)) continue
      const group = untested.get(each.untested) ?? { attacks: new Set(), operations: new Set() }
      untested.set(each.untested, group)
      group.attacks.add(attack.id)
      if (each.operation) group.operations.add(each.operation.id)
    }
  }
  return {
    risk,
    attacks: tried,
    cases,
    requests,
    untested: [...untested].map(([why, group]) => ({
      why,
      attacks: [...group.attacks],
      operations: [...group.operations],
    })),
    nothing,
  }
}

/** The plan as text for a terminal. */
export function formatPlan(plan: PlanDescription, { paint = (_kind, text) => text }: CheckFormat = {}): string {
  const lines = [paint('title', visible(`${plan.title}: ${plan.operations} operations`))]
  for (const { risk, attacks, cases, requests, untested, nothing } of plan.risks) {
    lines.push(
      '',
      cases === 0
        ? `${paint('title', risk)} ${paint('warning', 'not tested')}`
        : `${paint('title', risk)} ${count(attacks, 'attack')}, ${count(cases, 'case')}, ${count(requests, 'request')} at most`,
    )
    for (const each of untested) {
      const where = each.operations.length > 3 ? `${each.operations.length} operations` : each.operations.join(', ')
      lines.push(
        `  ${paint('warning', 'not tested:')} ${visible(each.why)} ${paint('dim', visible(`(${each.attacks.join(', ')}${where === '' ? '' : ` on ${where}`})`))}`,
      )
    }
    if (nothing.length > 0) lines.push(`  ${paint('dim', `nothing of the kind here: ${nothing.join(', ')}`)}`)
  }
  if (plan.notes.length > 0) lines.push('', paint('title', 'Notes'), ...plan.notes.map((note) => `  ${visible(note)}`))
  return `${lines.join('\n')}\n`
}

const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`
