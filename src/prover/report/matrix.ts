import type { Risk } from '../../contract/review/finding.ts'
import { type RiskState, stateOf } from './risk-rows.ts'
import { RISKS, type RunRecord } from './run-record.ts'

/** Endpoints × risks: what came of the attacks of each risk on each endpoint. */
export interface RiskMatrix {
  readonly risks: readonly Risk[]
  readonly rows: readonly MatrixRow[]
}

export interface MatrixRow {
  /** `GET /invoices/{id}`; null for what concerns the API as a whole. */
  readonly operation: string | null
  /** In the order of the risks; null where no attack of the risk applies. */
  readonly cells: readonly (MatrixCell | null)[]
}

export interface MatrixCell {
  readonly state: RiskState
  /** Cases of this state. */
  readonly count: number
}

const OUTCOME = { held: 'pass', broken: 'fail', inconclusive: 'inconclusive', 'not tested': 'not-tested' } as const

export function riskMatrix(run: RunRecord): RiskMatrix {
  const riskOf = new Map(run.attacks.map(({ id, risk }) => [id, risk]))
  const risks = RISKS.map(([risk]) => risk)
  const cells = new Map<string, RunRecord['results'][number][]>()
  for (const result of run.results) {
    const key = `${riskOf.get(result.attack)} ${result.operation ?? ''}`
    const known = cells.get(key)
    if (known) known.push(result)
    else cells.set(key, [result])
  }
  const rowOf = (operation: string | null): MatrixRow => ({
    operation,
    cells: risks.map((risk) => {
      const results = cells.get(`${risk} ${operation ?? ''}`)
      if (results === undefined) return null
      const state = stateOf(results)
      return { state, count: results.filter(({ outcome }) => outcome === OUTCOME[state]).length }
    }),
  })
  return { risks, rows: [...run.plan.operations.map(({ id }) => rowOf(id)), rowOf(null)] }
}
