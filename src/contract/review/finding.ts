import type { Api } from '../api.ts'
import type { Endpoint } from '../endpoint.ts'
import type { Surroundings } from './surroundings.ts'

export type Severity = 'error' | 'warning' | 'info'
export type Risk = 'API1' | 'API2' | 'API3' | 'API4' | 'API5' | 'API6' | 'API7' | 'API8' | 'API9' | 'API10'

/** What is wrong, where, why, and the line to write. */
export interface Finding {
  readonly rule: string
  readonly risk: Risk | null
  /** Requirement of OWASP ASVS 5.0. */
  readonly asvs: string | null
  readonly severity: Severity
  /** `GET /v1/invoices/:invoice`; null where it concerns no single endpoint. */
  readonly endpoint: string | null
  /** Names the endpoint or the resource, and the reason. */
  readonly message: string
  /** What mends it; `step` says what it is: a line to write (the default), a command to run, or something people do. */
  readonly fix: string
  readonly step?: Step
}

type Step = 'write' | 'run' | 'do'

/** One place where a rule is broken. */
export interface Fault {
  readonly endpoint?: Endpoint
  /** Where it concerns no endpoint: `resource "invoice"`, `the API`. */
  readonly subject?: string
  readonly message: string
  readonly fix: string
  readonly step?: Step
  /** Where this case is worse or better than the rule's own severity. */
  readonly severity?: Severity
}

/** One static check. It looks at the contract (and what is known of its surroundings) and calls nothing. */
export interface Rule {
  readonly id: string
  readonly risk: Risk | null
  readonly asvs: string | null
  readonly severity: Severity
  /** What must hold. */
  readonly title: string
  check(api: Api, surroundings: Surroundings): Iterable<Fault>
}
