import type { Principal } from 'turnpike'

/** One invoice as the database holds it: the card number is sealed text. */
export interface InvoiceRow {
  readonly id: string
  readonly userId: string
  readonly tenantId: string
  readonly title: string
  /** Cents. */
  readonly total: number
  readonly currency: 'EUR' | 'USD'
  readonly status: 'open' | 'paid'
  readonly cardNumber: string | null
  readonly createdAt: string
}

export interface PaymentRow {
  readonly id: string
  readonly invoiceId: string
  readonly userId: string
  readonly tenantId: string
  readonly amount: number
  readonly paidAt: string
}

export type InvoiceChanges = Partial<Pick<InvoiceRow, 'title' | 'total' | 'currency' | 'cardNumber'>>

/** The application's own data, as handlers see it: already under the caller's row-level security. */
export interface Billing {
  invoices(ids: readonly string[]): Promise<readonly InvoiceRow[]>
  /** Own ones, shared ones, and all of the tenant for its admin; ordered by id. */
  visibleInvoices(
    principal: Principal,
    page: { readonly after: string | undefined; readonly limit: number },
  ): Promise<readonly InvoiceRow[]>
  insertInvoice(row: InvoiceRow): Promise<void>
  /** An open one only, decided where it is written: it may have been paid since it was read. Null when there is no such. */
  updateInvoice(id: string, changes: InvoiceChanges): Promise<InvoiceRow | null>
  /** @returns False when it is not there any more, not open, or of another total than the payer was shown. */
  markPaid(id: string, total: number): Promise<boolean>
  /** @returns False when there is no such open one. */
  removeInvoice(id: string): Promise<boolean>
  /** Which of these invoices are shared with the user. */
  sharedWith(userId: string, invoiceIds: readonly string[]): Promise<ReadonlySet<string>>
  share(
    invoice: { readonly id: string; readonly userId: string; readonly tenantId: string },
    viewerId: string,
  ): Promise<void>
  unshare(invoiceId: string, viewerId: string): Promise<void>
  insertPayment(row: PaymentRow): Promise<void>
}

declare module 'turnpike' {
  interface AppContext {
    readonly billing: Billing
  }
}
