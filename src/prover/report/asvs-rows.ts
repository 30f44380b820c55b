import type { Finding as Fault, Rule } from '../../contract/review/finding.ts'
import type { CaseResult } from '../prove.ts'
import { type RiskState, stateOf } from './risk-rows.ts'
import type { RunRecord } from './run-record.ts'

/** What stands behind a requirement of OWASP ASVS 5.0: rules that read the contract, attacks that tried the API. */
export interface AsvsRow {
  /** `8.2.2`. */
  readonly id: string
  readonly rules: readonly { readonly id: string; readonly title: string; readonly faults: readonly string[] }[]
  readonly attacks: readonly { readonly id: string; readonly title: string; readonly state: RiskState }[]
}

/** @param review - Null where no contract was read: the rules then say nothing. */
export function asvsRows(
  run: RunRecord,
  review: { readonly rules: readonly Rule[]; readonly findings: readonly Fault[] } | null,
): readonly AsvsRow[] {
  const byAttack = new Map<string, CaseResult[]>()
  for (const result of run.results) byAttack.set(result.attack, [...(byAttack.get(result.attack) ?? []), result])
  const attacks = run.attacks.flatMap(({ id, title, references }) =>
    requirementsOf(references).map((asvs) => ({ asvs, id, title, state: stateOf(byAttack.get(id) ?? []) })),
  )
  const rules = (review?.rules ?? []).flatMap(({ id, title, asvs }) => {
    const faults = (review?.findings ?? []).filter(({ rule }) => rule === id).map(({ message }) => message)
    return asvs === null ? [] : [{ asvs, id, title, faults }]
  })
  const ids = [...new Set([...attacks, ...rules].map(({ asvs }) => asvs))].sort(byNumbers)
  return ids.map((asvs) => ({
    id: asvs,
    rules: rules.filter((rule) => rule.asvs === asvs).map(({ id, title, faults }) => ({ id, title, faults })),
    attacks: attacks.filter((attack) => attack.asvs === asvs).map(({ id, title, state }) => ({ id, title, state })),
  }))
}

/** `ASVS 5.0 8.2.2, 8.2.3` names two. */
const requirementsOf = (references: readonly string[]): readonly string[] =>
  references.flatMap((reference) =>
    reference.startsWith('ASVS')
      ? (reference.replace(/^ASVS\s+(?:v?5\.0(?:\.0)?\s+)?/, '').match(/\b\d{1,2}\.\d{1,2}\.\d{1,2}\b/g) ?? [])
      : [],
  )

const byNumbers = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true })
