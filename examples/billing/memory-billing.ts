import type { Billing, InvoiceRow, PaymentRow } from './billing.ts'

/** What the memory holds. Shared by all requests; there is no row-level security here. */
export interface MemoryTables {
  readonly invoices: Map<string, InvoiceRow>
  readonly viewers: Map<string, Set<string>>
  readonly payments: Map<string, PaymentRow>
}

export const memoryTables = (): MemoryTables => ({ invoices: new Map(), viewers: new Map(), payments: new Map() })

/** Billing in memory: for the bench, and to see that the contract does not care where rows come from. */
export function memoryBilling({ invoices, viewers, payments }: MemoryTables): Billing {
  const isViewer = (invoiceId: string, userId: string) => viewers.get(invoiceId)?.has(userId) === true
  return {
    async invoices(ids) {
      return ids.map((id) => invoices.get(id)).filter((row) => row !== undefined)
    },
    async visibleInvoices(principal, { after, limit }) {
      const mine = (row: InvoiceRow) =>
        row.userId === principal.id || principal.roles.includes('admin') || isViewer(row.id, principal.id)
      return [...invoices.values()]
        .filter((row) => row.tenantId === principal.tenant && mine(row) && (after === undefined || row.id > after))
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .slice(0, limit)
    },
    async insertInvoice(row) {
      invoices.set(row.id, row)
    },
    async updateInvoice(id, changes) {
      const row = invoices.get(id)
      if (row?.status !== 'open') return null
      const changed = { ...row, ...changes }
      invoices.set(id, changed)
      return changed
    },
    async markPaid(id, total) {
      const row = invoices.get(id)
      if (row?.status !== 'open' || row.total !== total) return false
      invoices.set(id, { ...row, status: 'paid' })
      return true
    },
    async removeInvoice(id) {
      if (invoices.get(id)?.status !== 'open') return false
      invoices.delete(id)
      viewers.delete(id)
      return true
    },
    async sharedWith(userId, invoiceIds) {
      return new Set(invoiceIds.filter((id) => isViewer(id, userId)))
    },
    async share(invoice, viewerId) {
      viewers.set(invoice.id, (viewers.get(invoice.id) ?? new Set()).add(viewerId))
    },
    async unshare(invoiceId, viewerId) {
      viewers.get(invoiceId)?.delete(viewerId)
    },
    async insertPayment(row) {
      payments.set(row.id, row)
    },
  }
}
