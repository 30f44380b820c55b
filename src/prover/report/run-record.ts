import type { Risk } from '../../contract/review/finding.ts'
import type { Attack } from '../attack.ts'
import type { EngineLimits } from '../engine/engine.ts'
import type { Exchange } from '../engine/exchange.ts'
import type { IdentityPlan, Operation, Plan } from '../plan/plan.ts'
import type { CaseResult, ProveResult } from '../prove.ts'
import type { AttackSeverity } from '../verdict.ts'

/** What is known when a run begins: `run.json`. Nothing in it is secret. */
export interface RunHead {
  /** Of this file. */
  readonly format: 1
  /** Version of Turnpike. */
  readonly turnpike: string
  readonly runId: string
  /** ISO 8601. */
  readonly startedAt: string
  /** Base URL, or the api module that was attacked in memory. */
  readonly target: string
  /** Path of the contract (OpenAPI document or api module) as it was named; null where there was none. */
  readonly contract: string | null
  readonly plan: PlanSummary
  readonly attacks: readonly AttackData[]
  readonly options: RunOptions
}

export interface RunOptions {
  readonly seed: number
  readonly safe: boolean
  /** Ids of attacks or risks; none: all. */
  readonly only: readonly string[]
  readonly limits: EngineLimits
}

export interface PlanSummary {
  readonly title: string
  readonly source: Plan['source']
  readonly operations: readonly Pick<Operation, 'id' | 'access' | 'purpose' | 'leftOut'>[]
  readonly identities: readonly Pick<IdentityPlan, 'name' | 'kind' | 'tenant' | 'spare'>[]
  readonly notes: readonly string[]
}

/** An attack without its code. */
export interface AttackData {
  readonly id: string
  readonly number: number
  readonly title: string
  readonly risk: Risk
  readonly severity: AttackSeverity
  readonly cwe: number
  readonly references: readonly string[]
  readonly oracle: string
  readonly fix: string
  readonly maxRequests: number
}

/** How a run ended; null in the file while it runs, and for ever where it was killed. */
export interface RunEnd extends Pick<ProveResult, 'endedAt' | 'requests' | 'firstFindingSeconds' | 'interrupted'> {
  /** How long it ran; between a stop and going on it did not. */
  readonly seconds: number
}

/** A run as every report reads it. */
export interface RunRecord extends RunHead, RunEnd {
  readonly results: readonly CaseResult[]
  /** By number; those that a report needs, or all. */
  readonly exchanges: ReadonlyMap<number, Exchange>
}

/** The beginning of a record, from what is about to be run. */
export function runHead(given: {
  readonly turnpike: string
  readonly runId: string
  readonly startedAt: string
  readonly target: string
  readonly contract: string | null
  readonly plan: Plan
  readonly attacks: readonly Attack[]
  readonly options: RunOptions
}): RunHead {
  const { plan, attacks, ...rest } = given
  return {
    format: 1,
    ...rest,
    plan: {
      title: plan.title,
      source: plan.source,
      operations: plan.operations.map(({ id, access, purpose, leftOut }) => ({ id, access, purpose, leftOut })),
      identities: plan.identities.map(({ name, kind, tenant, spare }) => ({ name, kind, tenant, spare })),
      notes: plan.notes,
    },
    attacks: attacks.map(attackData),
  }
}

const attackData = (attack: Attack): AttackData => ({
  id: attack.id,
  number: attack.number,
  title: attack.title,
  risk: attack.risk,
  severity: attack.severity,
  cwe: attack.cwe,
  references: attack.references,
  oracle: attack.oracle,
  fix: attack.fix,
  maxRequests: attack.maxRequests,
})

/** The ten risks of the OWASP API Security Top 10, 2023. */
export const RISKS: readonly (readonly [risk: Risk, title: string])[] = [
  ['API1', 'Broken object level authorization'],
  ['API2', 'Broken authentication'],
  ['API3', 'Broken object property level authorization'],
  ['API4', 'Unrestricted resource consumption'],
  ['API5', 'Broken function level authorization'],
  ['API6', 'Unrestricted access to sensitive business flows'],
  ['API7', 'Server side request forgery'],
  ['API8', 'Security misconfiguration'],
  ['API9', 'Improper inventory management'],
  ['API10', 'Unsafe consumption of APIs'],
]
