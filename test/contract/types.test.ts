import { expect, test } from 'vitest'
import { compileSnippets, firstLine } from './compile-snippets.ts'

const PRELUDE = `
import { z } from 'zod'
import { all, any, anyone, api, endpoint, fresh, nothing, owns, page, pageQuery, plain, related, resource, role, signedBy, signedIn, stream, upload } from 'turnpike'
const users = resource('user', {
  schema: z.strictObject({ id: z.uuid(), tenantId: z.uuid(), name: z.string().max(50) }),
  id: 'id', owner: 'id', tenant: 'tenantId', find: () => [],
})
const invoices = resource('invoice', {
  schema: z.strictObject({ id: z.uuid(), userId: z.uuid(), tenantId: z.uuid(), total: z.int().min(0).max(1000), cardNumber: z.string().max(19) }),
  id: 'id', owner: 'userId', tenant: 'tenantId', parents: { user: 'userId' },
  relations: { viewer: (rows) => rows.map(() => false) },
  fields: { cardNumber: { mask: 'card', read: role('billing'), seal: true } },
  find: () => [],
})
`
/** The parts of a good endpoint; a case replaces one (`null` leaves it out). */
function read(changes: Readonly<Record<string, string | null>> = {}, route = 'GET /v1/invoices/:invoice'): string {
  const parts: Record<string, string | null> = {
    summary: `'Read one'`,
    params: '{ invoice: invoices }',
    access: `any(owns('invoice'), related('viewer', 'invoice'), role('admin'))`,
    limit: `'100/minute'`,
    reply: 'invoices.view',
    handle: '({ invoice }) => invoice',
    ...changes,
  }
  const lines = Object.entries(parts).flatMap(([key, text]) => (text === null ? [] : [`  ${key}: ${text},`]))
  return `export const made = endpoint('${route}', {\n${lines.join('\n')}\n})`
}
const thing = (changes: Readonly<Record<string, string | null>>) => {
  const parts: Record<string, string | null> = {
    schema: 'z.strictObject({ id: z.uuid(), userId: z.uuid() })',
    id: `'id'`,
    owner: `'userId'`,
    tenant: 'null',
    find: '() => []',
    ...changes,
  }
  return `export const made = resource('thing', { ${Object.entries(parts)
    .flatMap(([key, text]) => (text === null ? [] : [`${key}: ${text}`]))
    .join(', ')} })`
}
const post = (changes: Readonly<Record<string, string | null>>) =>
  read(
    {
      params: null,
      access: 'signedIn',
      body: 'z.strictObject({ total: z.int() })',
      reply: `plain(z.strictObject({ total: z.int() }), 'it is an echo')`,
      handle: '({ body }) => ({ total: body.total })',
      ...changes,
    },
    'POST /v1/invoices',
  )

const GOOD: Record<string, string> = {
  'a resource in the path': read(),
  'a child in the path': read(
    {
      params: `{ user: users, invoice: invoices.within('user') }`,
      access: `all(owns('user'), owns('invoice'))`,
      handle: '({ user, invoice }) => { const name: string = user.name; void name; return invoice }',
    },
    'GET /v1/users/:user/invoices/:invoice',
  ),
  'a plain parameter': read(
    {
      params: '{ year: z.int() }',
      access: `role('admin')`,
      reply: 'nothing',
      handle: '({ year }) => { const it: number = year; void it }',
    },
    'GET /v1/years/:year',
  ),
  'a body with a reference': read(
    {
      params: null,
      access: 'signedIn',
      body: 'z.strictObject({ total: z.int(), like: invoices.ref })',
      status: '201',
      handle: 'async ({ body }) => ({ ...body.like, total: body.total })',
    },
    'POST /v1/invoices',
  ),
  'a page': read(
    {
      params: null,
      access: 'signedIn',
      query: 'pageQuery(z.uuid())',
      reply: 'page(invoices.view)',
      handle: '({ query }) => { const limit: number = query.limit; void limit; return { items: [], next: null } }',
    },
    'GET /v1/invoices',
  ),
  'a limit in parts': read({ limit: `{ rate: '5/minute', timeout: '5s', maxBytes: 1000 }` }),
  'a flow': read(
    { body: 'nothing', flow: `{ once: true, perPrincipal: '3/day', stepUp: fresh('5m') }` },
    'POST /v1/invoices/:invoice/pay',
  ),
  'an upload': post({
    body: `upload({ types: ['image/png'], maxBytes: 1000 })`,
    reply: 'nothing',
    handle: '({ body }) => { const bytes: Uint8Array = body.bytes; void bytes }',
  }),
  'a webhook': post({ access: `anyone('it is signed')`, body: `signedBy('bank', z.strictObject({ total: z.int() }))` }),
  'a stream': read({ reply: `stream('text/csv', 'own rows only')`, handle: `() => 'a,b'` }),
  'a sealed value returned as it is': read({ handle: '({ invoice }) => ({ ...invoice })' }),
  'a sealed value that is opened': read({
    reply: `plain(z.strictObject({ last: z.string() }), 'four digits')`,
    handle: `async ({ invoice }) => ({ last: (await invoice.cardNumber.reveal('receipt'))?.slice(-4) ?? '' })`,
  }),
  'no owner, said so': thing({ owner: 'null', read: `role('staff')` }),
}

/** What must not compile, and what the first line of the error must say. */
const BAD: Record<string, readonly [program: string, first: RegExp]> = {
  'no params': [read({ params: null }), /Missing<"params: \{ invoice: <resource or schema> \}">/],
  'no summary': [read({ summary: null }), /Missing<"summary: one line for the docs">/],
  'a misspelled summary': [read({ summary: null, sumary: `'Read one'` }), /^Object literal .* 'sumary' does not exist/],
  'a misspelled access': [
    read({ access: null, acess: `owns('invoice')` }),
    /^Object literal .* 'acess' does not exist/,
  ],
  'a misspelled limit': [read({ limit: null, limits: `'5/minute'` }), /^Object literal .* 'limits' does not exist/],
  'a misspelled reply': [read({ reply: null, replay: 'invoices.view' }), /^Object literal .* 'replay' does not exist/],
  'one of two parameters': [
    read({ params: '{ user: users }', handle: '() => { throw new Error() }' }, 'GET /v1/users/:user/invoices/:invoice'),
    /Missing<"params: \{ invoice: /,
  ],
  'a parameter that is not in the path': [
    read({ params: '{ invoice: invoices, user: users }' }),
    /NotInThePath<":user">/,
  ],
  'params without a parameter in the path': [
    read({ access: 'signedIn', handle: '() => { throw new Error() }' }, 'GET /v1/invoices'),
    /NotInThePath<":invoice">/,
  ],
  'a POST without a body': [
    post({ body: null, handle: '() => ({ total: 1 })' }),
    /Missing<"body: <schema> or nothing">/,
  ],
  'a POST to an object without a body': [
    read({}, 'POST /v1/invoices/:invoice'),
    /Missing<"body: <schema> or nothing">/,
  ],
  'a GET with a body': [read({ body: 'z.strictObject({})' }), /NoBodyWith<"GET">/],
  'no access': [read({ access: null }), /Missing<"access: owns/],
  'no access, with a body': [post({ access: null }), /Missing<"access: owns/],
  'no access and no limit': [read({ access: null, limit: null }), /Missing<"access: owns/],
  'no limit': [read({ limit: null }), /Missing<"limit, for example 100\/minute">/],
  'no reply': [read({ reply: null }), /Missing<"reply: /],
  'a misspelled object': [
    read({ access: `owns('invoce')` }),
    /Access<"invoce">' is not assignable to type 'Access<"invoice">'/,
  ],
  'a misspelled object inside any()': [
    read({ access: `any(owns('invoce'), role('admin'))` }),
    /Access<"invoce">' is not assignable to type 'Access<"invoice">'/,
  ],
  'a relation to a misspelled object': [
    read({ access: `related('viewer', 'invoce')` }),
    /Access<"invoce">' is not assignable to type 'Access<"invoice">'/,
  ],
  'the owner of a plain parameter': [
    read({ params: '{ invoice: z.uuid() }', access: `owns('invoice')`, reply: 'nothing', handle: '() => {}' }),
    /Access<"invoice">' is not assignable to type 'AccessWithoutObjects'/,
  ],
  'the owner of nothing': [
    post({ access: `owns('invoice')` }),
    /Access<"invoice">' is not assignable to type 'AccessWithoutObjects'/,
  ],
  'a word as an access rule': [
    post({ access: `'admin'` }),
    /'string' is not assignable to type 'AccessWithoutObjects'/,
  ],
  'a rule that was not called': [
    post({ access: 'role' }),
    /'\(name: string\) => Access' is not assignable to type 'Access<never>'/,
  ],
  'a row of another resource': [
    read({ params: '{ user: users }', access: `owns('user')`, handle: '({ user }) => user' }, 'GET /v1/users/:user'),
    /'Loaded<\{ id: string; tenantId: string; name: string; \}.*' is not assignable to type 'Returned<.*cardNumber/,
  ],
  'a row that lacks a field': [
    read({ handle: `({ invoice: { total, ...rest } }) => rest` }),
    /' is not assignable to type 'Returned<\{ .*total: number/,
  ],
  'a plain reply that lacks a field': [
    post({ handle: '() => ({})' }),
    /'\{\}' is not assignable to type '\{ total: number; \}/,
  ],
  'nothing returned': [read({ handle: '() => {}' }), /'\(\) => void' is not assignable/],
  'a bare array for a page': [
    read({ params: null, access: 'signedIn', reply: 'page(invoices.view)', handle: '() => []' }, 'GET /v1/invoices'),
    /'never\[\]' is not assignable to type '\{ items: /,
  ],
  'a sealed field as a string': [
    read({
      reply: `plain(z.strictObject({ card: z.string() }), 'no')`,
      handle: '({ invoice }) => ({ card: invoice.cardNumber })',
    }),
    /'SealedValue<string>' is not assignable to type 'string'/,
  ],
  'a string method of a sealed field': [
    read({ handle: '({ invoice }) => { void invoice.cardNumber.slice(-4); return invoice }' }),
    /'slice' does not exist on type 'SealedValue<string>'/,
  ],
  'a body field that is not there': [
    post({ handle: '({ body }) => ({ total: body.totl })' }),
    /'totl' does not exist on type '\{ total: number; \}'. Did you mean 'total'\?/,
  ],
  'a query that was not declared': [
    post({ handle: '({ query }) => ({ total: query.total })' }),
    /'query' is possibly 'undefined'/,
  ],
  'a resource itself as the reply': [
    read({ reply: 'invoices' }),
    /Missing<"reply: <resource>.view instead of the resource itself">/,
  ],
  'an unknown key of an endpoint': [
    read({ limits: `'5/minute'` }),
    /'limits' does not exist in type .* Did you mean to write 'limit'\?/,
  ],
  'an unknown key of a limit': [
    read({ limit: `{ rate: '5/minute', maxByte: 5 }` }),
    /'maxByte' does not exist in type 'LimitConfig'. Did you mean to write 'maxBytes'\?/,
  ],
  'a limit in words': [
    read({ limit: `'5 per minute'` }),
    /"5 per minute"' is not assignable to type '`\$\{number\}\/second`/,
  ],
  'an unknown key of a flow': [read({ flow: '{ onec: true }' }), /'onec' does not exist in type 'FlowConfig'/],
  'a flow that is not once': [read({ flow: '{ once: false }' }), /'false' is not assignable to type 'true'/],
  'a step-up that looks at objects': [
    read({ flow: `{ stepUp: owns('invoice') }` }),
    /Access<"invoice">' is not assignable to type 'Access<never>'/,
  ],
  'a method that is not served': [
    read({}, 'FETCH /v1/invoices/:invoice'),
    /"FETCH .*' is not assignable to parameter of type .*GET \//,
  ],
  'a resource in place of an endpoint': [
    `export const made = api({ title: 'T', endpoints: [invoices] })`,
    /'Resource<"invoice".*is missing the following properties from type 'Endpoint'/,
  ],
  'a resource without an owner key': [
    thing({ owner: null }),
    /Missing<"owner: a field, or null for what is nobody's">/,
  ],
  'a resource without a tenant key': [
    thing({ tenant: null }),
    /Missing<"tenant: a field, or null for an API without tenants">/,
  ],
  'an owner that is no field': [
    thing({ owner: `'userID'` }),
    /"userID"' is not assignable to type '.*Did you mean '"userId"'\?/,
  ],
  'a rule on an unknown field': [
    thing({ fields: '{ cardNumber: { read: false } }' }),
    /'cardNumber' does not exist in type 'FieldRules</,
  ],
  'an unknown key of a field rule': [
    thing({ fields: '{ userId: { reed: false } }' }),
    /'reed' does not exist in type 'FieldRule'/,
  ],
  'a read rule of another resource': [
    thing({ read: `owns('thng')` }),
    /Access<"thng">' is not assignable to type 'Access<"thing">'/,
  ],
  'rows of another shape': [thing({ find: `() => [{ id: 'x' }]` }), /'userId' is missing in type '\{ id: string; \}'/],
}

const good = compileSnippets(
  Object.fromEntries(Object.entries(GOOD).map(([name, text]) => [name, PRELUDE + text])),
).diagnostics
const bad = compileSnippets(
  Object.fromEntries(Object.entries(BAD).map(([name, [text]]) => [name, PRELUDE + text])),
).diagnostics

test.each(Object.keys(GOOD))('compiles: %s', (name) => {
  expect(firstLine(good.get(name))).toBe('')
})

test.each(Object.entries(BAD))('does not compile, and says why: %s', (name, [, first]) => {
  expect(firstLine(bad.get(name))).toMatch(first)
})

test('a hundred endpoints type-check quickly', () => {
  // Time depends on the machine; the number of type instantiations does not.
  const many = Array.from({ length: 100 }, (_, index) =>
    read({}, `GET /v1/a${index}/:invoice`).replace('made', `made${index}`),
  )
  const cost = (endpoints: readonly string[]) =>
    compileSnippets({ many: PRELUDE + endpoints.join('\n') }).instantiations
  expect((cost(many) - cost(many.slice(0, 1))) / 99).toBeLessThan(1000)
})
