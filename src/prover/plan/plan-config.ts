import type { IdentityPlan, Sample, Signing } from './plan.ts'

/** What people say beside the document: who there is, and hints where inference would guess. */
export interface PlanConfig {
  readonly identities: readonly IdentityPlan[]
  /** By resource. */
  readonly resources: Readonly<Record<string, ResourceHint>>
  /** By operation id, `GET /invoices/{id}`; `planOf` takes an `operationId` as well. */
  readonly operations: Readonly<Record<string, OperationHint>>
  /** Requests of real use by operation id, from recordings. */
  readonly samples: Readonly<Record<string, readonly Sample[]>>
  /** What an identity leaves to the document, by its name: how it signs in, and where its credential stands. */
  readonly unsaid?: Readonly<Record<string, readonly ('login' | 'place')[]>>
}

export interface ResourceHint {
  /** Ids that belong to an identity, by its name. */
  readonly ids?: Readonly<Record<string, readonly string[]>>
  /** Ids that an identity used in a recording, by its name: whose they are is not said. */
  readonly seen?: Readonly<Record<string, readonly string[]>>
  /** Others may read its objects by intention; false: they may not, whatever it looks like. */
  readonly shared?: boolean
  /** Field of a reply, or a path to it: `user/id`. */
  readonly owner?: string
  readonly tenant?: string
  readonly id?: string
}

export interface OperationHint {
  readonly access?: 'public' | 'signed-in' | 'admin'
  readonly leaveOut?: boolean
  /** Parameter (`path`, `query`, `header` name, or pointer into the body) → resource. */
  readonly references?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly params?: Readonly<Record<string, string>>
  /** JSON Pointer of the id of what it makes, in its reply. */
  readonly produces?: string
  /** How deliveries are signed, of an inbound webhook. */
  readonly signing?: Signing
}

export const NO_HINTS: Omit<PlanConfig, 'identities'> = { resources: {}, operations: {}, samples: {} }
