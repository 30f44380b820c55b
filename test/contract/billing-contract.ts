import {
  all,
  any,
  anyone,
  api,
  body,
  endpoint,
  fresh,
  nothing,
  owns,
  page,
  pageQuery,
  plain,
  related,
  resource,
  role,
  rule,
  signedBy,
  signedIn,
  stream,
  upload,
} from 'turnpike'
import { z } from 'zod'

/** A contract that uses every part of the language. */
export const users = resource('user', {
  schema: z.strictObject({
    id: z.uuid(),
    tenantId: z.uuid(),
    name: z.string().max(50),
    email: z.email().max(254),
    passwordHash: z.string().max(200),
  }),
  id: 'id',
  owner: 'id',
  tenant: 'tenantId',
  read: any(owns('user'), role('admin')),
  fields: {
    email: { mask: 'email', read: any(owns('user'), role('admin')), seal: true },
    passwordHash: { read: false, write: false },
  },
  find: () => [],
})

export const invoices = resource('invoice', {
  schema: z.strictObject({
    id: z.uuid(),
    userId: z.uuid(),
    tenantId: z.uuid(),
    total: z.int().min(0).max(100_000_000),
    cardNumber: z.string().max(19),
  }),
  id: 'id',
  owner: 'userId',
  tenant: 'tenantId',
  read: any(owns('invoice'), related('viewer', 'invoice'), role('admin')),
  relations: { viewer: (rows) => rows.map(() => false) },
  parents: { user: 'userId' },
  fields: {
    cardNumber: { mask: (text: string) => text.slice(-4), read: role('billing'), seal: true },
    userId: { write: role('admin') },
  },
  find: () => [],
})

const folder = z.strictObject({
  name: z.string().max(20),
  get inside() {
    return z.array(folder).max(5)
  },
})

const login = endpoint('POST /v1/login', {
  summary: 'Log in',
  body: z.strictObject({ email: z.email().max(254), password: z.string().min(8).max(128) }),
  access: anyone('this is where callers prove who they are'),
  limit: { rate: '5/minute', by: [{ key: body('email'), rate: '5/hour' }] },
  reply: plain(z.strictObject({ accessToken: z.string().max(4000) }), 'the caller asked for it'),
  handle: () => ({ accessToken: 'x' }),
})

const list = endpoint('GET /v1/invoices', {
  summary: 'List invoices',
  tags: ['invoices'],
  query: pageQuery(z.uuid()),
  access: signedIn,
  clients: 'invoices:read',
  limit: '100/minute',
  reply: page(invoices.view),
  handle: () => ({ items: [], next: null }),
})

const read = endpoint('GET /v1/users/:user/invoices/:invoice', {
  summary: 'Read one invoice',
  params: { user: users, invoice: invoices.within('user') },
  access: any(owns('invoice'), related('viewer', 'invoice'), role('admin')),
  limit: '100/minute',
  reply: invoices.view,
  handle: ({ invoice }) => invoice,
})

const create = endpoint('POST /v1/invoices', {
  summary: 'Create an invoice',
  description: 'It belongs to the caller.',
  body: z.strictObject({ total: z.int().min(1).max(1000), like: invoices.ref.optional(), folder }),
  access: all(
    signedIn,
    rule('open for business', () => true),
  ),
  limit: '10/minute',
  idempotency: 'required',
  reply: invoices.view,
  status: 201,
  handle: ({ body: given }) => ({ ...(given.like as NonNullable<typeof given.like>), total: given.total }),
})

const pay = endpoint('POST /v1/invoices/:invoice/pay', {
  summary: 'Pay an invoice',
  params: { invoice: invoices },
  body: nothing,
  access: owns('invoice'),
  limit: '10/minute',
  idempotency: 'required',
  flow: { once: true, perPrincipal: '3/day', stepUp: fresh('5m'), after: create, minimumSeconds: 2 },
  reply: invoices.view,
  handle: ({ invoice }) => invoice,
})

const old = endpoint('GET /v0/years/:year/report', {
  summary: 'A report of a year',
  params: { year: z.int().min(2000).max(2100) },
  access: role('admin'),
  limit: '10/minute',
  lifecycle: {
    deprecated: new Date('2026-01-01'),
    sunset: new Date('2030-01-01'),
    link: 'https://example.com/reports',
  },
  reply: stream('text/csv', 'sums of all tenants, for the operator'),
  handle: () => 'a,b',
})

const attach = endpoint('POST /v1/invoices/:invoice/files', {
  summary: 'Attach a file',
  params: { invoice: invoices },
  body: upload({ types: ['image/png', 'application/pdf'], maxBytes: 1_000_000 }),
  access: owns('invoice'),
  limit: { rate: '10/minute', maxBytes: 1_000_000 },
  outbound: ['https://scanner.example.com'],
  reply: nothing,
  handle: () => {},
})

const hook = endpoint('POST /v1/hooks/bank', {
  summary: 'The bank reports a payment',
  body: signedBy('bank', z.strictObject({ reference: z.string().max(50) })),
  access: anyone('the sender signs'),
  limit: '100/minute',
  reply: nothing,
  handle: () => {},
})

const tree = endpoint('GET /v1/tree', {
  summary: 'A tree',
  access: signedIn,
  limit: '100/minute',
  reply: plain(folder, 'it is the same for all'),
  handle: () => ({ name: 'root', inside: [] }),
})

export const billing = api({
  title: 'Billing',
  version: '2.0.0',
  endpoints: [login, list, read, create, pay, old, attach, hook, tree],
})
