import type { ReadDocument, ReadOperation } from '../../from-openapi/document.ts'
import type { Risk, Severity } from '../finding.ts'

export interface ForeignFault {
  readonly operation?: ReadOperation
  /** Where this case is better or worse than the rule's own severity. */
  readonly severity?: Severity
  readonly message: string
  readonly fix: string
}

/** A check that a bare document can answer: at most one fault for each operation, which lists its places. */
export interface ForeignRule {
  readonly id: string
  readonly risk: Risk | null
  readonly asvs: string | null
  readonly severity: Severity
  /** What must hold. */
  readonly title: string
  check(document: ReadDocument): Iterable<ForeignFault>
}
