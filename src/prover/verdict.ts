import type { Answer } from './engine/exchange.ts'

export type AttackSeverity = 'critical' | 'high' | 'medium' | 'low' | 'info'

export type Outcome = 'pass' | 'fail' | 'inconclusive' | 'not-tested'

export interface Verdict {
  readonly outcome: Outcome
  /** A sentence: what was seen. */
  readonly why: string
  /** Numbers of the exchanges that show it, the telling one last. */
  readonly evidence: readonly number[]
  /** Where this case is better or worse than the attack's own severity. */
  readonly severity?: AttackSeverity
  /** Findings with the same cause are told once. Default: the attack's id. */
  readonly cause?: string
}

/** The attack was held. */
export const pass = (why = 'held', ...answers: readonly Answer[]): Verdict => ({
  outcome: 'pass',
  why,
  evidence: answers.map(({ exchange }) => exchange),
})

/** The attack went through. @param answers - What shows it, the telling one last. */
export const fail = (why: string, ...answers: readonly Answer[]): Verdict => ({
  outcome: 'fail',
  why,
  evidence: answers.map(({ exchange }) => exchange),
})

/** Nothing can be concluded: a control failed, or the target was busy. Never a pass. */
export class Inconclusive extends Error {
  override readonly name = 'Inconclusive'
  readonly evidence: readonly number[]
  constructor(why: string, ...answers: readonly Answer[]) {
    super(why)
    this.evidence = answers.map(({ exchange }) => exchange)
  }
}

/** It could not be tried: something is missing, and the message says what to add. */
export class NotTested extends Error {
  override readonly name = 'NotTested'
}

/** Why a case of an interrupted run came to nothing. */
export const STOPPED = 'the run was stopped'
