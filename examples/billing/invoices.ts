import { randomUUID } from 'node:crypto'
import {
  any,
  endpoint,
  nothing,
  owns,
  page,
  pageQuery,
  plain,
  Refusal,
  reads,
  related,
  resource,
  role,
  signedIn,
} from 'turnpike'
import { z } from 'zod'
import './billing.ts'
import { users } from './users.ts'

const currency = z.enum(['EUR', 'USD'])
const title = z.string().trim().min(1).max(200)
const total = z.int().min(0).max(100_000_000)
const cardNumber = z
  .string()
  .regex(/^\d{13,19}$/)
  .max(19)

export const invoices = resource('invoice', {
  schema: z.strictObject({
    id: z.uuid(),
    userId: z.uuid(),
    tenantId: z.uuid(),
    title: z.string().max(200),
    total,
    currency,
    status: z.enum(['open', 'paid']),
    cardNumber: cardNumber.nullable(),
    createdAt: z.iso.datetime(),
  }),
  id: 'id',
  owner: 'userId',
  tenant: 'tenantId',
  read: any(owns('invoice'), related('viewer', 'invoice'), role('admin')),
  relations: {
    viewer: async (rows, principal, { billing }) => {
      const shared = await billing.sharedWith(
        principal.id,
        rows.map((row) => row.id),
      )
      return rows.map((row) => shared.has(row.id))
    },
  },
  fields: {
    cardNumber: { seal: true, mask: 'card', read: any(owns('invoice'), role('billing')) },
    userId: { write: role('admin') },
    status: { write: false },
  },
  find: (ids, { billing }) => billing.invoices(ids),
})

export const payments = resource('payment', {
  schema: z.strictObject({
    id: z.uuid(),
    invoiceId: z.uuid(),
    userId: z.uuid(),
    tenantId: z.uuid(),
    amount: total,
    paidAt: z.iso.datetime(),
  }),
  id: 'id',
  owner: 'userId',
  tenant: 'tenantId',
  read: any(owns('payment'), role('admin')),
  find: () => [],
})

const createInvoice = endpoint('POST /api/v1/invoices', {
  summary: 'Create an invoice of your own',
  body: z.strictObject({ title, total, currency: currency.default('EUR'), cardNumber: cardNumber.optional() }),
  access: signedIn,
  clients: 'invoices:write',
  limit: '60/minute',
  status: 201,
  reply: invoices.view,
  handle: async ({ body }, { billing, principal, now, seal }) => {
    const row = await seal(invoices, {
      id: randomUUID(),
      userId: principal.id,
      tenantId: principal.tenant ?? '',
      title: body.title,
      total: body.total,
      currency: body.currency,
      status: 'open',
      cardNumber: body.cardNumber ?? null,
      createdAt: now().toISOString(),
    })
    await billing.insertInvoice(row)
    return row
  },
})

const listInvoices = endpoint('GET /api/v1/invoices', {
  summary: 'List your invoices, those shared with you, and for an admin those of the tenant',
  query: pageQuery(z.uuid()),
  access: signedIn,
  clients: 'invoices:read',
  limit: '100/minute',
  reply: page(invoices.view),
  handle: async ({ query }, { billing, principal }) => {
    const rows = await billing.visibleInvoices(principal, { after: query.after, limit: query.limit + 1 })
    const items = rows.slice(0, query.limit)
    return { items: [...items], next: rows.length > items.length ? (items.at(-1)?.id ?? null) : null }
  },
})

const readInvoice = endpoint('GET /api/v1/invoices/:invoice', {
  summary: 'Read one invoice',
  params: { invoice: invoices },
  access: reads('invoice'),
  clients: 'invoices:read',
  limit: '100/minute',
  reply: invoices.view,
  handle: ({ invoice }) => invoice,
})

const updateInvoice = endpoint('PATCH /api/v1/invoices/:invoice', {
  summary: 'Change an open invoice',
  params: { invoice: invoices },
  body: z.strictObject({
    title: title.optional(),
    total: total.optional(),
    currency: currency.optional(),
    cardNumber: cardNumber.optional(),
  }),
  access: any(owns('invoice'), role('admin')),
  clients: 'invoices:write',
  limit: '60/minute',
  reply: invoices.view,
  handle: async ({ invoice, body }, { billing, seal }) => {
    if (invoice.status === 'paid') throw new Refusal('conflict', { detail: 'a paid invoice does not change' })
    const { title: newTitle, total: newTotal, currency: newCurrency, cardNumber: newCard } = body
    const changed = await seal(invoices, {
      ...invoice,
      title: newTitle ?? invoice.title,
      total: newTotal ?? invoice.total,
      currency: newCurrency ?? invoice.currency,
      cardNumber: newCard ?? invoice.cardNumber,
    })
    const row = await billing.updateInvoice(invoice.id, {
      title: changed.title,
      total: changed.total,
      currency: changed.currency,
      cardNumber: changed.cardNumber,
    })
    if (!row) throw new Refusal('conflict', { detail: 'the invoice was paid or went away meanwhile' })
    return row
  },
})

const removeInvoice = endpoint('DELETE /api/v1/invoices/:invoice', {
  summary: 'Delete an open invoice',
  params: { invoice: invoices },
  access: any(owns('invoice'), role('admin')),
  limit: '30/minute',
  reply: nothing,
  handle: async ({ invoice }, { billing }) => {
    if (invoice.status === 'paid') throw new Refusal('conflict', { detail: 'a paid invoice stays' })
    if (!(await billing.removeInvoice(invoice.id)))
      throw new Refusal('conflict', { detail: 'the invoice was paid or went away meanwhile' })
  },
})

const shareInvoice = endpoint('POST /api/v1/invoices/:invoice/viewers', {
  summary: 'Share an invoice with a user of your tenant',
  params: { invoice: invoices },
  body: z.strictObject({ user: users.ref }),
  access: any(owns('invoice'), role('admin')),
  limit: '30/minute',
  reply: nothing,
  handle: async ({ invoice, body }, { billing, audit }) => {
    await billing.share(invoice, body.user.id)
    audit('invoice.shared', { invoice: invoice.id, viewer: body.user.id })
  },
})

const unshareInvoice = endpoint('DELETE /api/v1/invoices/:invoice/viewers', {
  summary: 'Stop sharing an invoice with a user',
  params: { invoice: invoices },
  query: z.strictObject({ user: users.ref }),
  access: any(owns('invoice'), role('admin')),
  limit: '30/minute',
  reply: nothing,
  handle: async ({ invoice, query }, { billing, audit }) => {
    await billing.unshare(invoice.id, query.user.id)
    audit('invoice.unshared', { invoice: invoice.id, viewer: query.user.id })
  },
})

const payInvoice = endpoint('POST /api/v1/invoices/:invoice/pay', {
  summary: 'Pay an invoice, once',
  params: { invoice: invoices },
  body: nothing,
  access: owns('invoice'),
  limit: '10/minute',
  idempotency: 'required',
  flow: { once: true, perPrincipal: '50/day' },
  status: 201,
  reply: payments.view,
  handle: async ({ invoice }, { billing, principal, now, audit }) => {
    const payment = {
      id: randomUUID(),
      invoiceId: invoice.id,
      userId: principal.id,
      tenantId: invoice.tenantId,
      amount: invoice.total,
      paidAt: now().toISOString(),
    }
    if (!(await billing.markPaid(invoice.id, invoice.total)))
      throw new Refusal('conflict', { detail: 'the invoice was paid, changed or went away meanwhile' })
    await billing.insertPayment(payment)
    audit('invoice.paid', { invoice: invoice.id, amount: invoice.total })
    return payment
  },
})

const testWebhook = endpoint('POST /api/v1/invoices/:invoice/webhook-test', {
  summary: 'Send a test event to an address of yours',
  params: { invoice: invoices },
  body: z.strictObject({ url: z.url({ protocol: /^https$/ }).max(2000) }),
  access: owns('invoice'),
  limit: { rate: '5/minute', timeout: '10s', concurrency: 8 },
  outbound: 'public',
  reply: plain(
    z.strictObject({ delivered: z.boolean(), status: z.int().min(100).max(599) }),
    'a status, nothing of the answer',
  ),
  handle: async ({ invoice, body }, { fetch }) => {
    const answer = await fetch(body.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'invoice.test', invoice: invoice.id }),
      reply: 'discard',
    })
    return { delivered: answer.status >= 200 && answer.status < 300, status: answer.status }
  },
})

/** The endpoint as it was: the same guards, a smaller reply, and a date on which it ends. */
const readInvoiceV0 = endpoint('GET /api/v0/invoices/:invoice', {
  summary: 'Read one invoice (old version)',
  params: { invoice: invoices },
  access: reads('invoice'),
  limit: '30/minute',
  lifecycle: {
    deprecated: new Date('2026-06-30T00:00:00Z'),
    sunset: new Date('2027-06-30T00:00:00Z'),
    link: 'https://billing.example/changes/v1',
  },
  reply: invoices.view,
  handle: ({ invoice }) => invoice,
})

export const invoiceEndpoints = [
  createInvoice,
  listInvoices,
  readInvoice,
  updateInvoice,
  removeInvoice,
  shareInvoice,
  unshareInvoice,
  payInvoice,
  testWebhook,
  readInvoiceV0,
]
