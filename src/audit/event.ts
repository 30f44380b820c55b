/** One security event: who, what, where, when, with what outcome (ASVS 16.2.1). */
export interface AuditEvent {
  /** `request.refused`, `session.started`, `invoice.paid` … */
  readonly type: string
  readonly outcome: 'success' | 'refused' | 'failed'
  readonly requestId: string | null
  /** Issuer and subject. */
  readonly principal: string
  readonly tenant: string | null
  readonly addressKey: string
  readonly endpoint: string | null
  /** Public code of a refusal. */
  readonly code: string | null
  /** Private reason. Secrets never belong here. */
  readonly detail: string | null
  /** `invoice:6f…` */
  readonly objects: readonly string[]
  readonly facts: Readonly<Record<string, string | number | boolean | null>>
}

/** The append-only log, as the pipeline and identity see it. */
export interface AuditLog {
  /** Appends inside the present unit of work: commits or rolls back with it. @throws {StoreError} */
  append(event: AuditEvent): Promise<void>
  /** Appends soon, with others, in the background; repeated refusals of one kind fold into a counted record. Bounded; never throws. */
  note(event: AuditEvent): void
  /** Waits until everything noted so far is stored. @throws {StoreError} */
  flush(): Promise<void>
  close(): Promise<void>
}
