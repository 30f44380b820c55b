import type { AuditEvent } from '../../src/audit/event.ts'
import type { AuditRecord, AuditRecords } from '../../src/stores/store.ts'

/** An event with everything in its place. */
export function event(changes: Partial<AuditEvent> = {}): AuditEvent {
  return {
    type: 'invoice.paid',
    outcome: 'success',
    requestId: 'r-1',
    principal: 'https://issuer.example|alice',
    tenant: 't-1',
    addressKey: '192.0.2.1',
    endpoint: 'POST /v1/invoices/:invoice/pay',
    code: null,
    detail: null,
    objects: [],
    facts: {},
    ...changes,
  }
}

/** A refused request of a stranger. */
export function refusal(changes: Partial<AuditEvent> = {}): AuditEvent {
  return event({ type: 'request.refused', outcome: 'refused', principal: 'nobody', code: 'invalid_token', ...changes })
}

export async function recordsOf(audit: AuditRecords, node = 'n1'): Promise<readonly AuditRecord[]> {
  return audit.read(node, 0, 1_000_000)
}

/** What the log holds, as objects. */
export async function bodiesOf(audit: AuditRecords, node = 'n1'): Promise<readonly Record<string, unknown>[]> {
  return (await recordsOf(audit, node)).map(({ body }) => JSON.parse(body))
}

/** Stored records that a test can damage. */
export function storedRecords(records: readonly AuditRecord[]): AuditRecords {
  return {
    head: async () => null,
    append: async () => {},
    read: async (node, afterSeq, limit) =>
      records
        .filter((record) => record.node === node && record.seq > afterSeq)
        .sort((a, b) => a.seq - b.seq)
        .slice(0, limit),
    nodes: async () => [...new Set(records.map(({ node }) => node))],
  }
}
