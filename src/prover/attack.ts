import type { Risk } from '../contract/review/finding.ts'
import type { Operation, Plan } from './plan/plan.ts'
import type { Probe } from './probe.ts'
import type { AttackSeverity, Verdict } from './verdict.ts'

/** One dynamic check: data, and how it decides. */
export interface Attack {
  /** Kebab-case, stable: part of finding ids. */
  readonly id: string
  /** In the published list of attacks. */
  readonly number: number
  readonly risk: Risk
  readonly severity: AttackSeverity
  readonly cwe: number
  /** What is wrong when it goes through: `Another user reads the object`. */
  readonly title: string
  /** OWASP page, RFC section, ASVS id. */
  readonly references: readonly string[]
  /** Requests of one case at most, its controls included. */
  readonly maxRequests: number
  /** When it counts as gone through, in a sentence. */
  readonly oracle: string
  /** What mends it, in words. */
  readonly fix: string
  /**
   * `normal` changes at most what it made; `destructive` deletes what it made and runs later, never with `--safe`;
   * `exhausting` burns limits, sessions or accounts of its own and runs last, one at a time.
   */
  readonly phase: 'normal' | 'destructive' | 'exhausting'
  /** Where it applies. An `Untested` says why it does not although the plan has something of the kind. */
  cases(plan: Plan): Iterable<Case | Untested>
  /** @throws {Inconclusive | NotTested} Where nothing can be concluded; also thrown by the probe. */
  run(it: Case, probe: Probe): Promise<Verdict>
}

/** One thing to try. */
export interface Case {
  /** Null where it concerns the API as a whole. */
  readonly operation: Operation | null
  /** Names of identities. */
  readonly owner?: string
  readonly attacker?: string
  /** What tells cases of one attack on one operation apart, such as the parameter. */
  readonly variant?: string
}

/** A thing that cannot be tried, and the line that would change it. */
export interface Untested {
  readonly operation: Operation | null
  readonly untested: string
}
