import type { Kysely, Selectable } from 'kysely'
import type { Billing, InvoiceChanges, InvoiceRow } from './billing.ts'

export interface Tables {
  invoices: {
    id: string
    user_id: string
    tenant_id: string
    title: string
    total: number
    currency: 'EUR' | 'USD'
    status: 'open' | 'paid'
    card_number: string | null
    created_at: Date
  }
  invoice_viewers: { invoice_id: string; viewer_id: string; owner_id: string; tenant_id: string }
  payments: { id: string; invoice_id: string; user_id: string; tenant_id: string; amount: number; paid_at: Date }
}

/** Billing on SQL. The queries say whose rows they want; row-level security would hold if one forgot. */
export function sqlBilling(db: Kysely<Tables>): Billing {
  return {
    async invoices(ids) {
      return (
        await db
          .selectFrom('invoices')
          .selectAll()
          .where('id', 'in', [...ids])
          .execute()
      ).map(toInvoice)
    },
    async visibleInvoices(principal, { after, limit }) {
      let query = db
        .selectFrom('invoices')
        .selectAll()
        .where('tenant_id', '=', principal.tenant ?? '')
      if (!principal.roles.includes('admin')) {
        query = query.where(({ or, eb, exists, selectFrom }) =>
          or([
            eb('user_id', '=', principal.id),
            exists(
              selectFrom('invoice_viewers')
                .select('invoice_id')
                .whereRef('invoice_id', '=', 'invoices.id')
                .where('viewer_id', '=', principal.id),
            ),
          ]),
        )
      }
      if (after !== undefined) query = query.where('id', '>', after)
      return (await query.orderBy('id').limit(limit).execute()).map(toInvoice)
    },
    async insertInvoice(row) {
      await db.insertInto('invoices').values(fromInvoice(row)).execute()
    },
    async updateInvoice(id, changes) {
      const row = await db
        .updateTable('invoices')
        .set(columnsOf(changes))
        .where('id', '=', id)
        .where('status', '=', 'open')
        .returningAll()
        .executeTakeFirst()
      return row ? toInvoice(row) : null
    },
    async markPaid(id, total) {
      const open = db
        .updateTable('invoices')
        .where('id', '=', id)
        .where('status', '=', 'open')
        .where('total', '=', total)
      return (await open.set({ status: 'paid' }).executeTakeFirst()).numUpdatedRows === 1n
    },
    async removeInvoice(id) {
      const open = db.deleteFrom('invoices').where('id', '=', id).where('status', '=', 'open')
      return (await open.executeTakeFirst()).numDeletedRows === 1n
    },
    async sharedWith(userId, invoiceIds) {
      const rows = await db
        .selectFrom('invoice_viewers')
        .select('invoice_id')
        .where('viewer_id', '=', userId)
        .where('invoice_id', 'in', [...invoiceIds])
        .execute()
      return new Set(rows.map((row) => row.invoice_id))
    },
    async share(invoice, viewerId) {
      const row = { invoice_id: invoice.id, viewer_id: viewerId, owner_id: invoice.userId, tenant_id: invoice.tenantId }
      await db
        .insertInto('invoice_viewers')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    },
    async unshare(invoiceId, viewerId) {
      await db
        .deleteFrom('invoice_viewers')
        .where('invoice_id', '=', invoiceId)
        .where('viewer_id', '=', viewerId)
        .execute()
    },
    async insertPayment(row) {
      const { id, invoiceId, userId, tenantId, amount, paidAt } = row
      await db
        .insertInto('payments')
        .values({ id, invoice_id: invoiceId, user_id: userId, tenant_id: tenantId, amount, paid_at: new Date(paidAt) })
        .execute()
    },
  }
}

function toInvoice(row: Selectable<Tables['invoices']>): InvoiceRow {
  return {
    id: row.id,
    userId: row.user_id,
    tenantId: row.tenant_id,
    title: row.title,
    total: row.total,
    currency: row.currency,
    status: row.status,
    cardNumber: row.card_number,
    createdAt: row.created_at.toISOString(),
  }
}

function fromInvoice(row: InvoiceRow): Tables['invoices'] {
  return {
    id: row.id,
    user_id: row.userId,
    tenant_id: row.tenantId,
    title: row.title,
    total: row.total,
    currency: row.currency,
    status: row.status,
    card_number: row.cardNumber,
    created_at: new Date(row.createdAt),
  }
}

function columnsOf(changes: InvoiceChanges) {
  return {
    ...(changes.title === undefined ? {} : { title: changes.title }),
    ...(changes.total === undefined ? {} : { total: changes.total }),
    ...(changes.currency === undefined ? {} : { currency: changes.currency }),
    ...(changes.cardNumber === undefined ? {} : { card_number: changes.cardNumber }),
  }
}
