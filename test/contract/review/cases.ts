import type { Surroundings } from '../../../src/contract/review/review.ts'

/** A contract that breaks a rule, and where its fix goes. */
export interface RuleCase {
  readonly rule: string
  /** An expression that gives an API; `one(route, config)` makes one of a single endpoint. */
  readonly source: string
  /** The text that the fix replaces. */
  readonly replace: string
  /** What is written there, where the printed fix has to be completed by hand: a table name, a position. Default: the fix itself. */
  readonly put?: (fix: string) => string
  readonly says: RegExp
  readonly surroundings?: Surroundings
}

/** Surroundings in which nothing is wrong; cases about them change one fact. */
export const SOUND = {
  runtime: { node: 'v24.1.0', now: new Date('2026-12-01') },
  settings: {
    production: true,
    plainHttp: false,
    hosts: ['api.example.com'],
    store: 'embedded',
    lastingKeys: true,
    xssFilter: false,
  },
  layers: { rowSecurity: true },
  dependencies: { lockFile: true, exact: true, integrity: true, audit: 'clean' },
  identity: { credentials: ['access tokens'], passwords: null, tokenGaps: [], lacks: [] },
} as const satisfies Surroundings

const thing = (schema: string, config: string) =>
  `one('GET /v1/things/:thing', { params: { thing: resource('thing', { schema: z.strictObject({ id: z.uuid(), userId: z.uuid(), tenantId: z.uuid(), ${schema} }), id: 'id', owner: 'userId', tenant: 'tenantId', find: () => [], ${config} }) }, access: owns('thing') })`
const plainIs = (schema: string) => `one('GET /v1/things', { reply: plain(${schema}, 'it is the same for all') })`
const bodyIs = (schema: string) => `one('POST /v1/things', { body: ${schema} })`
const queryIs = (schema: string) => `one('GET /v1/things', { query: ${schema} })`

/** A case about the surroundings: the fix names the fact that must change. */
const around = (rule: string, broken: Surroundings, says: RegExp): RuleCase => ({
  rule,
  source: `one('GET /v1/invoices/:invoice', { params: { invoice: invoices }, access: owns('invoice') })`,
  replace: '',
  says,
  surroundings: { ...SOUND, ...broken },
})

export const CASES: readonly RuleCase[] = [
  {
    rule: 'contract-faults',
    source: `one('GET /v1/things', { limits: 5 })`,
    replace: 'limits: 5',
    put: () => '',
    says: /unknown key "limits"/,
  },
  {
    rule: 'contract-faults',
    source: `one('GET /v1/things', { limit: '5 per minute' })`,
    replace: `'5 per minute'`,
    put: (fix) => fix.replace('for example ', ''),
    says: /"5 per minute" is no rate/,
  },
  {
    rule: 'contract-faults',
    source: `one('POST /v1/things', { })`,
    replace: '{ }',
    put: () => '{ body: nothing }',
    says: /no body is declared/,
  },
  {
    rule: 'access-missing',
    source: `one('GET /v1/invoices/:invoice', { params: { invoice: invoices }, access: undefined })`,
    replace: 'access: undefined',
    says: /no access rule/,
  },
  {
    rule: 'access-missing',
    source: `one('GET /v1/invoices/:invoice', { access: undefined, reply: invoices.view })`,
    replace: 'access: undefined',
    put: (fix) => fix.replace('<resource>', 'invoices'),
    says: /no access rule/,
  },
  {
    rule: 'contract-faults',
    source: `one('GET /v1/invoices/:invoice', { params: { invoice: invoices }, access: owns('invoice'), reply: invoices })`,
    replace: 'reply: invoices',
    says: /the reply is the resource "invoice" itself/,
  },
  {
    rule: 'contract-faults',
    source: `one('GET /v1/things', { reply: undefined })`,
    replace: 'reply: undefined',
    put: (fix) => fix.replace(/<.*/, 'nothing'),
    says: /no reply is declared/,
  },
  {
    rule: 'contract-faults',
    source: `one('GET /v1/things', { reply: { ok: true } })`,
    replace: 'reply: { ok: true }',
    put: (fix) => fix.replace(/<.*/, 'nothing'),
    says: /the reply is none/,
  },
  {
    rule: 'contract-faults',
    source: `one('GET /v1/things', { limit: undefined })`,
    replace: 'limit: undefined',
    says: /no limit is declared/,
  },
  {
    rule: 'empty-rule',
    source: `one('GET /v1/things', { access: all() })`,
    replace: 'access: all()',
    says: /without a rule/,
  },
  {
    rule: 'object-rule-missing',
    source: `one('GET /v1/invoices/:invoice', { params: { invoice: invoices }, access: signedIn })`,
    replace: 'access: signedIn',
    says: /client chooses ":invoice"/,
  },
  {
    rule: 'object-rule-missing',
    source: `one('GET /v1/invoices/:invoice', { params: { invoice: invoices }, access: any(owns('invoice'), fresh('5m')) })`,
    replace: `access: any(owns('invoice'), fresh('5m'))`,
    says: /client chooses ":invoice"/,
  },
  {
    rule: 'moot-object-rule',
    source: `one('GET /v1/invoices/:invoice', { params: { invoice: invoices }, access: any(signedIn, owns('invoice')) })`,
    replace: `access: any(signedIn, owns('invoice'))`,
    says: /never decides/,
  },
  {
    rule: 'plain-id-param',
    source: `one('GET /v1/invoices/:invoiceId', { params: { invoiceId: z.uuid() }, access: signedIn, reply: invoices.view })`,
    replace: 'params: { invoiceId: z.uuid() }, access: signedIn',
    says: /":invoiceId" looks like an id/,
  },
  {
    rule: 'plain-id-input',
    source: `one('POST /v1/payments', { body: z.strictObject({ invoiceId: z.uuid() }), reply: invoices.view })`,
    replace: 'invoiceId: z.uuid()',
    says: /names any invoice/,
  },
  {
    rule: 'plain-id-input',
    source: `one('GET /v1/things', { query: z.strictObject({ thingId: z.uuid() }) })`,
    replace: 'thingId: z.uuid()',
    put: (fix) => fix.replace('<resource>s', 'invoices'),
    says: /nobody authorizes/,
  },
  {
    rule: 'nested-path',
    source: `one('GET /v1/users/:user/invoices/:invoice', { params: { user: users, invoice: invoices }, access: all(owns('user'), owns('invoice')) })`,
    replace: 'invoice: invoices',
    says: /not tied to ":user"/,
  },
  {
    rule: 'unknown-object',
    source: `one('GET /v1/invoices/:invoice', { params: { invoice: invoices }, access: owns('invoce') })`,
    replace: `access: owns('invoce')`,
    says: /names "invoce"/,
  },
  {
    rule: 'unknown-object',
    source: `one('GET /v1/invoices/:invoice', { params: { invoice: z.uuid() }, access: owns('invoice'), reply: invoices.view })`,
    replace: 'params: { invoice: z.uuid() }',
    says: /no resource is declared for ":invoice"/,
  },
  {
    rule: 'unknown-object',
    source: `one('GET /v1/invoices/:invoice', { params: undefined, access: owns('invoice') })`,
    replace: 'params: undefined',
    put: (fix) => fix.replace('<resource>', 'invoices'),
    says: /no resource is declared for ":invoice"/,
  },
  {
    rule: 'unknown-object',
    source: `one('GET /v1/invoices', { access: owns('invoice'), reply: invoices.view })`,
    replace: `'GET /v1/invoices', {`,
    put: (fix) => `${fix.replace('params', '{ params')},`,
    says: /the path has no object/,
  },
  {
    rule: 'unknown-object',
    source: thing('', `read: owns('thng')`),
    replace: `read: owns('thng')`,
    says: /its own rule names "thng"/,
  },
  {
    rule: 'each-unknown',
    source: `one('GET /v1/invoices', { query: pageQuery(z.uuid()), reply: page(invoices.view), each: owns('invoce') })`,
    replace: `each: owns('invoce')`,
    says: /refuse every row/,
  },
  {
    rule: 'unknown-relation',
    source: thing('', `relations: { }, read: any(owns('thing'), related('viewer', 'thing'))`),
    replace: 'relations: { }',
    says: /relation "viewer"/,
  },
  {
    rule: 'unused-relation',
    source: thing('', `relations: { viewer: (rows) => rows.map(() => false) }, read: owns('thing')`),
    replace: `read: owns('thing')`,
    says: /no rule uses/,
  },
  {
    rule: 'ownerless-object',
    source: thing('', `owner: null, read: role('staff')`),
    replace: `access: owns('thing')`,
    says: /denies everyone/,
  },
  {
    rule: 'nullable-owner',
    source: thing('', '').replace('userId: z.uuid()', 'userId: z.uuid().nullable()'),
    replace: 'userId: z.uuid().nullable()',
    says: /"userId" may be null/,
  },
  {
    rule: 'nullable-owner',
    source: thing('', '').replace('tenantId: z.uuid()', 'tenantId: z.uuid().optional()'),
    replace: 'tenantId: z.uuid().optional()',
    says: /"tenantId" may be null/,
  },
  {
    rule: 'tenant-missing',
    source: thing('', '')
      .replace(`tenant: 'tenantId'`, 'tenant: null')
      .replace('reply', 'reply')
      .replace(`access: owns('thing')`, `access: owns('thing'), reply: z.strictObject({ other: invoices.view })`),
    replace: 'tenant: null',
    says: /nothing keeps it behind the wall/,
  },
  {
    rule: 'sequential-id',
    source: thing('', '').replace('id: z.uuid()', 'id: z.int()'),
    replace: 'id: z.int()',
    says: /counted up/,
  },
  {
    rule: 'sealed-key',
    source: thing('', 'fields: { userId: { seal: true } }'),
    replace: 'userId: { seal: true }',
    says: /cannot be compared/,
  },
  {
    rule: 'open-view',
    source: `one('GET /v1/invoices', { query: pageQuery(z.uuid()), access: anyone('why not'), reply: page(invoices.view) })`,
    replace: `access: anyone('why not')`,
    says: /not everybody may read/,
  },
  {
    rule: 'open-write',
    source: `one('POST /v1/things', { body: nothing, access: anyone('it is a test'), limit: '100/minute' })`,
    replace: `limit: '100/minute'`,
    says: /100 times a minute/,
  },
  {
    rule: 'login-limit',
    source: `one('POST /v1/log-in', { body: z.strictObject({ code: z.string().max(10) }), access: anyone('it is a test'), limit: '20/minute' })`,
    replace: `limit: '20/minute'`,
    says: /guess here 20 times/,
  },
  {
    rule: 'login-limit',
    source: `one('POST /v1/refresh', { body: z.strictObject({ refreshToken: z.string().max(100) }), access: anyone('it is a test'), limit: '31/minute' })`,
    replace: `limit: '31/minute'`,
    says: /guess here 31 times/,
  },
  {
    rule: 'account-limit',
    source: `one('POST /v1/login', { body: z.strictObject({ email: z.email().max(254) }), access: anyone('it is a test'), limit: { rate: '5/minute', by: [] } })`,
    replace: 'by: []',
    says: /nothing is counted by "email"/,
  },
  {
    rule: 'fresh-missing',
    source: `one('DELETE /v1/invoices/:invoice', { params: { invoice: invoices }, access: owns('invoice'), flow: {} })`,
    replace: 'flow: {}',
    says: /left open for days/,
  },
  {
    rule: 'secret-in-url',
    source: `one('POST /v1/things', { query: z.strictObject({ apiKey: z.string().max(200) }), body: z.strictObject({}) })`,
    replace: 'query: z.strictObject({ apiKey: z.string().max(200) }), body: z.strictObject({})',
    says: /"apiKey" in the URL/,
  },
  {
    rule: 'secret-in-url',
    source: `one('POST /v1/reset/:token', { params: { token: z.string().max(50) }, body: nothing })`,
    replace: `/:token', { params: { token: z.string().max(50) }, body: nothing`,
    put: (fix) => `', { ${fix}`,
    says: /"token" in the URL/,
  },
  {
    rule: 'loose-input',
    source: bodyIs('z.object({ name: z.string().max(5) })'),
    replace: 'z.object',
    says: /body accepts fields/,
  },
  {
    rule: 'loose-input',
    source: bodyIs('z.strictObject({ inner: z.looseObject({ name: z.string().max(5) }) })'),
    replace: 'z.looseObject',
    says: /body\/inner accepts fields/,
  },
  {
    rule: 'untyped-input',
    source: bodyIs('z.strictObject({ it: z.any() })'),
    replace: 'z.any()',
    says: /body\/it may be anything/,
  },
  {
    rule: 'query-shape',
    source: queryIs('z.strictObject({ filter: z.strictObject({ name: z.string().max(5) }) })'),
    replace: 'filter: z.strictObject({ name: z.string().max(5) })',
    says: /query\/filter is an object/,
  },
  {
    rule: 'query-shape',
    source: queryIs('z.string().max(5)'),
    replace: 'z.string().max(5)',
    says: /query is no object/,
  },
  ...[
    'z.string()',
    'z.array(z.boolean())',
    'z.number()',
    'z.record(z.string().max(5), z.boolean())',
    'z.email()',
    'z.string().regex(/^[a-z]+$/)',
    'z.string().regex(/^a|b$/)',
    'z.url()',
  ].map((schema) => ({
    rule: 'unbounded-input',
    source: bodyIs(`z.strictObject({ it: ${schema} })`),
    replace: schema,
    put: (fix: string) => schema + fix,
    says: /body\/it is a (string|list|record|number) of any/,
  })),
  {
    rule: 'recursive-input',
    source: `(() => { const tree = z.strictObject({ get below() { return z.array(tree).max(2) } }); return ${bodyIs('z.strictObject({ it: tree })')} })()`,
    replace: 'it: tree',
    put: (fix) => `it: ${fix}`,
    says: /holds itself/,
  },
  {
    rule: 'unbounded-reply',
    source: plainIs('z.strictObject({ it: z.array(z.boolean()) })'),
    replace: 'z.array(z.boolean())',
    put: (fix) => `z.array(z.boolean())${fix}`,
    says: /reply\/it is a list of any length/,
  },
  {
    rule: 'unbounded-resource',
    source: thing('text: z.string(),', ''),
    replace: 'text: z.string()',
    put: (fix) => `text: z.string()${fix}`,
    says: /text is a string of any length/,
  },
  {
    rule: 'unsayable-schema',
    source: bodyIs('z.strictObject({ inner: z.strictObject({ at: z.date() }) })'),
    replace: 'z.date()',
    says: /body\/inner\/at: Date cannot be represented/,
  },
  {
    rule: 'unsayable-schema',
    source: plainIs('z.strictObject({ it: z.string().max(5).transform((text) => text.length) })'),
    replace: 'z.string().max(5).transform((text) => text.length)',
    says: /reply\/it: Transforms cannot be represented/,
  },
  {
    rule: 'coerced-input',
    source: queryIs('z.strictObject({ count: z.coerce.number().min(0).max(5).optional() })'),
    replace: 'z.coerce.number()',
    says: /query\/count uses z.coerce/,
  },
  {
    rule: 'moved-reference',
    source: bodyIs('z.strictObject({ invoice: invoices.ref }).transform(({ invoice }) => ({ other: invoice }))'),
    replace: '.transform(({ invoice }) => ({ other: invoice }))',
    put: () => '',
    says: /body holds a reference and is transformed/,
  },
  {
    rule: 'moved-reference',
    source: bodyIs('z.strictObject({ them: z.tuple([invoices.ref]) })'),
    replace: 'z.tuple([invoices.ref])',
    put: (fix) => fix.replace('<resource>', 'invoices'),
    says: /body\/them is a reference in a tuple/,
  },
  {
    rule: 'moved-reference',
    source: `one('GET /v1/things/:invoice', { params: { invoice: invoices.ref }, access: signedIn })`,
    replace: 'invoice: invoices.ref }, access: signedIn',
    put: (fix) => `${fix.replace('<resource>', 'invoices')} }, access: owns('invoice')`,
    says: /params.invoice is a reference/,
  },
  {
    rule: 'slow-pattern',
    source: bodyIs(String.raw`z.strictObject({ name: z.string().max(200).regex(/^(?:[\w)]+\s?)*$/) })`),
    replace: String.raw`/^(?:[\w)]+\s?)*$/`,
    says: /body\/name has the pattern/,
  },
  {
    rule: 'bare-reply',
    source: `one('GET /v1/things', { reply: z.strictObject({ userId: z.uuid(), total: z.int().min(0).max(9) }), access: signedIn })`,
    replace: 'reply: z.strictObject({ userId: z.uuid(), total: z.int().min(0).max(9) }),',
    put: (fix) => fix.replace('<schema>', 'z.strictObject({ total: z.int().min(0).max(9) })'),
    says: /a schema without a view/,
  },
  {
    rule: 'contract-faults',
    source: `one('OPTIONS /v1/things', { access: signedIn })`,
    replace: `'OPTIONS /v1/things'`,
    put: () => `'GET /v1/things'`,
    says: /the method is "OPTIONS"/,
  },
  {
    rule: 'contract-faults',
    source: `one('GET /v1/things', { access: signedIn, status: 302 })`,
    replace: ', status: 302',
    put: () => '',
    says: /status is 302/,
  },
  {
    rule: 'reply-projection',
    source: plainIs('z.strictObject({ it: z.any() })'),
    replace: 'z.any()',
    says: /reply\/it: it may be anything/,
  },
  {
    rule: 'reply-projection',
    source: plainIs('z.object({ ok: z.boolean() }).loose()'),
    replace: 'z.object({ ok: z.boolean() }).loose()',
    says: /a loose object would leak/,
  },
  {
    rule: 'reply-projection',
    source: plainIs('z.strictObject({ it: z.tuple([z.boolean()]) })'),
    replace: 'z.tuple([z.boolean()])',
    says: /a tuple cannot be projected/,
  },
  {
    rule: 'reply-projection',
    source: plainIs(
      `z.strictObject({ it: z.union([z.strictObject({ a: z.boolean() }), z.strictObject({ b: z.boolean() })]) })`,
    ),
    replace: 'z.union([z.strictObject({ a: z.boolean() }), z.strictObject({ b: z.boolean() })])',
    put: (fix) =>
      fix.replace(
        /\[.*\]/,
        `[z.strictObject({ kind: z.literal('a'), a: z.boolean() }), z.strictObject({ kind: z.literal('b'), b: z.boolean() })]`,
      ),
    says: /a union without a discriminator/,
  },
  {
    rule: 'secret-in-reply',
    source: thing('passwordHash: z.string().max(100),', 'fields: { passwordHash: {} }'),
    replace: 'passwordHash: {}',
    says: /"passwordHash" is called like a secret/,
  },
  {
    rule: 'secret-in-reply',
    source: plainIs('z.strictObject({ ok: z.boolean(), resetToken: z.string().max(5) })'),
    replace: ', resetToken: z.string().max(5)',
    put: () => '',
    says: /reply\/resetToken is called like a secret/,
  },
  {
    rule: 'personal-data',
    source: thing('phoneNumber: z.string().max(20),', 'fields: { phoneNumber: {} }'),
    replace: 'phoneNumber: {}',
    says: /"phoneNumber" looks personal/,
  },
  {
    rule: 'privileged-write',
    source: `one('PATCH /v1/things/:thing', { body: z.strictObject({ userId: z.uuid() }), params: { thing: resource('thing', { schema: z.strictObject({ id: z.uuid(), userId: z.uuid() }), id: 'id', owner: 'userId', tenant: null, fields: { userId: {} }, find: () => [] }) }, access: owns('thing') })`,
    replace: 'userId: {}',
    says: /lets every caller set "userId"/,
  },
  {
    rule: 'privileged-write',
    source: bodyIs('z.strictObject({ name: z.string().max(5), isAdmin: z.boolean() })'),
    replace: ', isAdmin: z.boolean()',
    put: () => '',
    says: /lets every caller set "isAdmin"/,
  },
  {
    rule: 'field-rule',
    source: thing('note: z.string().max(5),', `fields: { note: { read: rule('mine', () => true) } }`),
    replace: `read: rule('mine', () => true)`,
    says: /read rule of "note" uses rule\(\)/,
  },
  {
    rule: 'field-rule',
    source: thing('note: z.string().max(5),', `fields: { note: { write: owns('other') } }`),
    replace: `write: owns('other')`,
    says: /write rule of "note" names "other"/,
  },
  {
    rule: 'reason-missing',
    source: `one('GET /v1/things', { access: anyone('') })`,
    replace: `''`,
    says: /anyone\(\) does not say why/,
  },
  {
    rule: 'reason-missing',
    source: `one('GET /v1/things', { reply: stream('text/csv', '') })`,
    replace: `''`,
    says: /stream\(\) does not say why/,
  },
  {
    rule: 'limit-key',
    source: `one('POST /v1/things', { body: z.strictObject({ email: z.email().max(254) }), limit: { rate: '5/minute', by: [{ key: body('mail'), rate: '5/hour' }] } })`,
    replace: `body('mail')`,
    says: /nothing would be counted/,
  },
  {
    rule: 'search-limit',
    source: `one('GET /v1/things/search', { limit: '100/minute' })`,
    replace: `limit: '100/minute'`,
    says: /searching and exporting cost much/,
  },
  {
    rule: 'high-limit',
    source: `one('GET /v1/things', { limit: '1000/second' })`,
    replace: `limit: '1000/second'`,
    says: /60000 calls a minute/,
  },
  {
    rule: 'page-size',
    source: `one('GET /v1/invoices', { query: pageQuery(z.uuid()), reply: page(invoices.view, 500) })`,
    replace: '500',
    says: /may hold 500 rows/,
  },
  {
    rule: 'page-size',
    source: `one('GET /v1/invoices', { query: pageQuery(z.uuid(), 500), reply: page(invoices.view) })`,
    replace: '500',
    says: /may ask for 500 rows/,
  },
  {
    rule: 'list-paging',
    source: `one('GET /v1/invoices', { reply: z.array(invoices.view).max(100), query: undefined })`,
    replace: 'query: undefined',
    says: /cannot ask for fewer/,
  },
  {
    rule: 'long-timeout',
    source: `one('GET /v1/things', { limit: { rate: '1/minute', timeout: '10m' } })`,
    replace: `timeout: '10m'`,
    says: /for 600 s/,
  },
  {
    rule: 'body-size',
    source: `one('POST /v1/things', { body: nothing, limit: { rate: '1/minute', maxBytes: 50_000_000 } })`,
    replace: 'maxBytes: 50_000_000',
    says: /parsed at once/,
  },
  {
    rule: 'body-size',
    source: `one('POST /v1/things', { body: upload({ types: ['image/png'], maxBytes: 1_000_000 }), limit: '10/minute' })`,
    replace: `limit: '10/minute'`,
    says: /limit ends at 65536/,
  },
  {
    rule: 'flow-missing',
    source: `one('POST /v1/invoices/:invoice/pay', { params: { invoice: invoices }, body: nothing, access: owns('invoice'), flow: undefined })`,
    replace: 'flow: undefined',
    says: /sensitive flow/,
  },
  {
    rule: 'payment-replay',
    source: `one('POST /v1/invoices/:invoice/pay', { params: { invoice: invoices }, body: nothing, access: owns('invoice'), idempotency: 'accepted' })`,
    replace: `idempotency: 'accepted'`,
    says: /pays twice/,
  },
  {
    rule: 'outbound-public',
    source: `one('GET /v1/things', { outbound: 'public' })`,
    replace: `outbound: 'public'`,
    says: /any public address/,
  },
  {
    rule: 'outbound-origin',
    source: `one('GET /v1/things', { outbound: ['http://partner.example.com'] })`,
    replace: `'http://partner.example.com'`,
    says: /is not encrypted/,
  },
  {
    rule: 'outbound-origin',
    source: `one('GET /v1/things', { outbound: ['https://partner.example.com/path'] })`,
    replace: `'https://partner.example.com/path'`,
    says: /is no exact origin/,
  },
  {
    rule: 'get-changes',
    source: `one('GET /v1/logout', {})`,
    replace: `one('GET /v1/logout', {`,
    put: (fix) => fix.replace('endpoint(', 'one('),
    says: /sounds like a change/,
  },
  { rule: 'version-missing', source: `one('GET /things', {})`, replace: 'GET /things', says: /no version/ },
  {
    rule: 'weaker-version',
    source: `api({ title: 'Test', endpoints: [
      endpoint('GET /v1/reports', { summary: 'Old', access: any(role('admin'), scope('reports')), limit: '1/minute', reply: nothing, handle }),
      endpoint('GET /v2/reports', { summary: 'New', access: role('admin'), limit: '1/minute', reply: nothing, handle }),
    ] })`,
    replace: `access: any(role('admin'), scope('reports'))`,
    says: /GET \/v1\/reports: it lets in role admin or scope reports/,
  },
  {
    rule: 'sunset-passed',
    source: `one('GET /v1/things', { lifecycle: { deprecated: new Date('2025-01-01'), sunset: new Date('2026-01-01') } })`,
    replace: `, sunset: new Date('2026-01-01')`,
    put: () => '',
    says: /ended on 2026-01-01/,
    surroundings: SOUND,
  },
  {
    rule: 'deprecation-link',
    source: `one('GET /v1/things', { lifecycle: { deprecated: new Date('2025-01-01'), sunset: new Date('2030-01-01') } })`,
    replace: `sunset: new Date('2030-01-01')`,
    put: (fix) => `sunset: new Date('2030-01-01'), ${fix}`,
    says: /not told what to use/,
  },
  {
    rule: 'deprecation-link',
    source: `one('GET /v1/things', { lifecycle: { deprecated: new Date('2025-01-01'), link: 'https://example.com/' } })`,
    replace: `link: 'https://example.com/'`,
    put: (fix) => `link: 'https://example.com/', ${fix}`,
    says: /without an end/,
  },
  {
    rule: 'summary-missing',
    source: `one('GET /v1/things', { summary: '' })`,
    replace: `summary: ''`,
    says: /no summary/,
  },
  {
    rule: 'public-docs',
    source: `api({ title: 'Test', endpoints: [], publicDocs: true })`,
    replace: 'publicDocs: true',
    says: /answer to everyone/,
  },
  {
    rule: 'code-rule',
    source: `one('GET /v1/things', { access: rule('open hours', () => true) })`,
    replace: `access: rule('open hours', () => true)`,
    says: /is code/,
  },
  around('runtime-end-of-life', { runtime: { ...SOUND.runtime, node: 'v20.20.2' } }, /updates ended on 2026-04-30/),
  around('runtime-end-of-life', { runtime: { ...SOUND.runtime, node: 'v16.0.0' } }, /ended long ago/),
  around('settings-transport', { settings: { ...SOUND.settings, plainHttp: true } }, /plain HTTP is served/),
  around('settings-transport', { settings: { ...SOUND.settings, hosts: 'any' } }, /any host name/),
  around('settings-store', { settings: { ...SOUND.settings, store: 'memory' } }, /lost at a restart/),
  around('settings-store', { settings: { ...SOUND.settings, lastingKeys: false } }, /keys are made at start/),
  around('settings-xss-filter', { settings: { ...SOUND.settings, xssFilter: true } }, /harmful/),
  around('row-security', { layers: { rowSecurity: false } }, /sees every row/),
  around(
    'identity-lacks',
    { identity: { credentials: ['foreign tokens'], passwords: null, tokenGaps: ['no revocation'], lacks: [] } },
    /known gap: no revocation/,
  ),
  around('dependency-pinning', { dependencies: { ...SOUND.dependencies, lockFile: false } }, /no lock file/),
  around('dependency-pinning', { dependencies: { ...SOUND.dependencies, exact: false } }, /versions are ranges/),
  around(
    'dependency-pinning',
    { dependencies: { ...SOUND.dependencies, integrity: false } },
    /without an integrity hash/,
  ),
  around(
    'dependency-advisories',
    { dependencies: { ...SOUND.dependencies, audit: 'vulnerable' } },
    /names vulnerabilities/,
  ),
  around('dependency-advisories', { dependencies: { ...SOUND.dependencies, audit: 'unavailable' } }, /inconclusive/),
  around(
    'dependency-advisories',
    { dependencies: { ...SOUND.dependencies, audit: 'not asked' } },
    /inconclusive: nothing was scanned/,
  ),
]
