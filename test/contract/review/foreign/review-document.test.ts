import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import demo from '../../../../examples/billing/api.ts'
import { FOREIGN_RULES, reviewDocument } from '../../../../src/contract/review/foreign/review-document.ts'
import { formatReview } from '../../../../src/contract/review/review.ts'
import { toOpenApi } from '../../../../src/contract/to-openapi.ts'
import { billing } from '../../billing-contract.ts'

const problem = { 'application/problem+json': { schema: { type: 'object', additionalProperties: false } } }
const ok = { headers: { RateLimit: {}, 'Access-Control-Allow-Origin': {} } }
const responses = {
  200: ok,
  400: { content: problem },
  401: { content: problem },
  429: { content: problem, headers: { 'Retry-After': {} } },
  500: { content: problem },
}
const sound = { security: [{ bearer: [] }], responses }
const securitySchemes = { bearer: { type: 'http', scheme: 'bearer' } }
/** A document without a finding, with other paths. */
const withPaths = (paths: object, more: object = {}) => ({
  openapi: '3.1.0',
  info: { title: 'Foreign', version: '1' },
  paths,
  components: { securitySchemes },
  ...more,
})
const document = (operation: object, more: object = {}) =>
  withPaths({ '/things': { post: { ...sound, ...operation } } }, more)
const at = (path: string, method: string, operation: object = {}) =>
  withPaths({ [path]: { [method]: { ...sound, ...operation } } })
const scheme = (given: object) => document({}, { components: { securitySchemes: { bearer: given } } })
const rulesOf = (given: unknown) => reviewDocument(given).findings.map(({ rule, severity }) => `${severity} ${rule}`)
const json = (schema: object) => ({ content: { 'application/json': { schema } } })
const body = (schema: object) => ({ requestBody: json(schema) })
const closed = (properties: object) => ({ type: 'object', properties, additionalProperties: false })
const field = (name: string, schema: object) => body(closed({ [name]: schema }))
const reply = (schema: object) => ({ responses: { ...responses, 200: { ...ok, ...json(schema) } } })
const answers = (more: object) => document({ responses: { ...responses, ...more } })
const parameter = (name: string, place: string, schema: object = { type: 'boolean' }) => ({
  parameters: [{ name, in: place, schema, required: place === 'path' }],
})
const says = (access: object, params: object = {}, more: object = {}) => ({
  'x-turnpike': { access, limit: { rate: '5/minute' }, params, ...more },
})
const without = (status: number) => ({
  responses: Object.fromEntries(Object.entries(responses).filter(([key]) => key !== String(status))),
})
const flag = { type: 'boolean' }
const text = { type: 'string', maxLength: 50 }

const CASES: readonly (readonly [rule: string, broken: unknown, fixed: unknown])[] = [
  ['error no-security', document({ security: undefined }), document({})],
  [
    'error no-security',
    document({ security: undefined }),
    document({ security: undefined }, { security: [{ bearer: [] }] }),
  ],
  // It says itself that it works without: a decision, like an empty list.
  ['info no-security', document({ security: [{ bearer: [] }, {}] }), document({})],
  ['info no-security', document({ security: [] }), document({})],
  ['info no-security', document({ security: [] }), document({ security: [], ...says({ anyone: 'a health check' }) })],
  [
    'error no-security',
    document({ security: undefined, ...says({ signedIn: true }) }),
    document(says({ signedIn: true })),
  ],
  [
    'error secret-in-query',
    document(parameter('access_token', 'query')),
    document(parameter('Authorization', 'header')),
  ],
  [
    'error secret-in-query',
    at('/a/{resetToken}', 'post', parameter('resetToken', 'path')),
    at('/a/{kind}', 'post', parameter('kind', 'path')),
  ],
  [
    'error key-in-url',
    scheme({ type: 'apiKey', in: 'query', name: 'key' }),
    scheme({ type: 'apiKey', in: 'header', name: 'X-API-Key' }),
  ],
  ['warning plain-password', scheme({ type: 'http', scheme: 'Basic' }), scheme({ type: 'http', scheme: 'bearer' })],
  ['error outdated-scheme', scheme({ type: 'http', scheme: 'negotiate' }), scheme({ type: 'http', scheme: 'bearer' })],
  [
    'error oauth-flow',
    scheme({ type: 'oauth2', flows: { implicit: { refreshUrl: '/token' } } }),
    scheme({ type: 'oauth2', flows: { authorizationCode: { refreshUrl: '/token' } } }),
  ],
  [
    'info token-lifetime',
    scheme({ type: 'oauth2', flows: { authorizationCode: {} } }),
    scheme({ type: 'oauth2', flows: { authorizationCode: { refreshUrl: '/token' }, clientCredentials: {} } }),
  ],
  [
    'info token-profile',
    scheme({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }),
    scheme({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'Checked as RFC 8725 asks.' }),
  ],
  [
    'error plain-server',
    document({}, { servers: [{ url: 'http://a.example' }] }),
    document({}, { servers: [{ url: 'https://a.example' }] }),
  ],
  [
    'error plain-server',
    document({ servers: [{ url: 'ws://a.example' }] }),
    document({ servers: [{ url: 'wss://a.example' }] }),
  ],
  [
    'warning id-parameter',
    at('/a/{thingId}', 'get', parameter('thingId', 'path')),
    at('/a/{year}', 'get', parameter('year', 'path')),
  ],
  [
    'warning id-parameter',
    document(field('invoiceId', flag)),
    document({ ...field('invoiceId', flag), ...says({ owns: 'invoice' }) }),
  ],
  [
    'error id-parameter',
    at('/a/{thingId}', 'get', { ...parameter('thingId', 'path'), ...says({ signedIn: true }) }),
    at('/a/{thingId}', 'get', { ...parameter('thingId', 'path'), ...says({ owns: 'thingId' }) }),
  ],
  [
    'error id-parameter',
    at('/a/{thing}', 'get', {
      ...parameter('thing', 'path'),
      ...says({ any: [{ owns: 'thing' }, { freshSeconds: 5 }] }, { thing: { resource: 'thing' } }),
    }),
    at('/a/{thing}', 'get', {
      ...parameter('thing', 'path'),
      ...says({ any: [{ owns: 'thing' }, { role: 'admin' }] }, { thing: { resource: 'thing' } }),
    }),
  ],
  [
    'info countable-id',
    at('/a/{id}', 'get', {
      ...parameter('id', 'path', { type: 'integer', minimum: 1, maximum: 9 }),
      ...says({ owns: 'id' }),
    }),
    at('/a/{id}', 'get', { ...parameter('id', 'path', { type: 'string', format: 'uuid' }), ...says({ owns: 'id' }) }),
  ],
  [
    'error secret-shown',
    document(reply(closed({ passwordHash: text }))),
    document(reply(closed({ passwordHash: { ...text, writeOnly: true } }))),
  ],
  [
    'warning secret-shown',
    document(reply(closed({ accessToken: text }))),
    at('/login', 'post', reply(closed({ accessToken: text }))),
  ],
  [
    'info write-only-secret',
    document(field('password', text)),
    document(field('password', { ...text, format: 'password', writeOnly: true })),
  ],
  [
    'warning privileged-field',
    document(field('isAdmin', flag)),
    document(field('isAdmin', { ...flag, readOnly: true })),
  ],
  [
    'warning privileged-field',
    document(field('isAdmin', flag)),
    document({ ...field('isAdmin', flag), ...says({ role: 'admin' }) }),
  ],
  ['warning loose-body', document(body({ type: 'object', properties: {} })), document(body(closed({})))],
  ['warning loose-body', document(body({ ...closed({}), additionalProperties: true })), document(body(closed({})))],
  ['info loose-reply', document(reply({ type: 'object', properties: {} })), document(reply(closed({})))],
  [
    'warning foreign-unbounded-input',
    document(body({ type: 'string' })),
    document(body({ type: 'string', maxLength: 200 })),
  ],
  [
    'warning foreign-unbounded-input',
    document(body({ type: 'array', items: flag })),
    document(body({ type: 'array', items: flag, maxItems: 100 })),
  ],
  [
    'warning foreign-unbounded-input',
    document(parameter('n', 'query', { type: 'integer' })),
    document(parameter('n', 'query', { type: 'integer', minimum: 0, maximum: 1_000_000 })),
  ],
  [
    'warning foreign-unbounded-input',
    document(body({ type: 'object', additionalProperties: flag })),
    document(body({ type: 'object', additionalProperties: flag, maxProperties: 50 })),
  ],
  [
    'info shapeless-string',
    document(field('country', text)),
    document(field('country', { ...text, pattern: '^[a-z]{2}$' })),
  ],
  [
    'warning unpaged-list',
    at('/a', 'get', reply({ type: 'array', items: closed({}) })),
    at('/a', 'get', { ...reply({ type: 'array', items: closed({}) }), ...parameter('limit', 'query') }),
  ],
  [
    'warning unpaged-list',
    at('/a', 'get', reply({ type: 'array', items: closed({}) })),
    at('/a', 'get', reply({ type: 'array', items: closed({}), maxItems: 100 })),
  ],
  ['warning missing-refusals', document(without(429)), document({ ...without(429), ...says({ signedIn: true }) })],
  [
    'warning missing-refusals',
    document(without(401)),
    document({ responses: { ...without(401).responses, '4XX': { content: problem } } }),
  ],
  ['info missing-errors', document(without(500)), document({})],
  ['info missing-errors', document({ ...without(400), ...body(flag) }), document(body(flag))],
  ['info error-without-schema', answers({ 404: {} }), answers({ 404: { content: problem } })],
  ['info retry-after', answers({ 429: { content: problem } }), document({})],
  ['info rate-limit-headers', answers({ 200: { headers: { 'Access-Control-Allow-Origin': {} } } }), document({})],
  [
    'warning admin-like-others',
    withPaths({ '/a': { get: sound }, '/admin/b': { get: sound } }),
    withPaths({ '/a': { get: sound }, '/admin/b': { get: { ...sound, security: [{ bearer: ['admin'] }] } } }),
  ],
  [
    'warning unmarked-flow',
    at('/orders/pay', 'post'),
    at('/orders/pay', 'post', parameter('Idempotency-Key', 'header')),
  ],
  [
    'warning unmarked-flow',
    at('/votes', 'post'),
    at('/votes', 'post', says({ signedIn: true }, {}, { flow: { once: true } })),
  ],
  [
    'warning outbound-bounds',
    document(field('callbackUrl', { ...text, format: 'uri' })),
    document({
      ...field('callbackUrl', { ...text, format: 'uri' }),
      ...says({ signedIn: true }, {}, { outbound: ['https://hooks.example.com'] }),
    }),
  ],
  [
    'warning outbound-bounds',
    document(parameter('redirect_uri', 'query', { ...text, format: 'uri' })),
    document(parameter('redirect_uri', 'query', { ...text, pattern: '^https://app\\.example\\.com/' })),
  ],
  ['warning get-that-changes', at('/users/delete', 'get'), at('/users/delete', 'post')],
  [
    'warning get-that-changes',
    at('/a', 'get', { operationId: 'resetEverything' }),
    at('/a', 'post', { operationId: 'resetEverything' }),
  ],
  ['warning get-that-changes', at('/a', 'get', body(flag)), at('/a', 'get', parameter('q', 'query'))],
  ['info cors-undeclared', answers({ 200: { headers: { RateLimit: {} } } }), document({})],
  [
    'warning cors-undeclared',
    document(
      { responses: { ...responses, 200: { headers: { RateLimit: {} } } } },
      { components: { securitySchemes: { bearer: { type: 'apiKey', in: 'cookie', name: 'sid' } } } },
    ),
    scheme({ type: 'apiKey', in: 'cookie', name: 'sid' }),
  ],
  [
    'warning older-version',
    withPaths({ '/v1/a': { get: sound }, '/v2/a': { get: sound } }),
    withPaths({
      '/v1/a': {
        get: { ...sound, deprecated: true, ...says({ signedIn: true }, {}, { sunset: '2030-01-01T00:00:00Z' }) },
      },
      '/v2/a': { get: sound },
    }),
  ],
  [
    'info deprecation-headers',
    document({ deprecated: true }),
    document({ deprecated: true, responses: { ...responses, 200: { headers: { ...ok.headers, Sunset: {} } } } }),
  ],
  [
    'warning server-environment',
    document({}, { servers: [{ url: 'https://staging.a.example' }] }),
    document({}, { servers: [{ url: 'https://staging.a.example', 'x-internal': true }] }),
  ],
  [
    'info server-environment',
    document(
      {},
      {
        servers: [
          { url: '/a', 'x-internal': false },
          { url: '/b', description: 'Production', 'x-internal': false },
        ],
      },
    ),
    document(
      {},
      {
        servers: [
          { url: '/a', description: 'Sandbox', 'x-internal': false },
          { url: '/b', description: 'Production', 'x-internal': false },
        ],
      },
    ),
  ],
  [
    'info server-audience',
    document(
      {},
      {
        servers: [
          { url: '/a', description: 'Live', 'x-internal': false },
          { url: '/b', description: 'Demo' },
        ],
      },
    ),
    document(
      {},
      {
        servers: [
          { url: '/a', description: 'Live', 'x-internal': false },
          { url: '/b', description: 'Demo', 'x-internal': false },
        ],
      },
    ),
  ],
  [
    'error unreadable-extension',
    document({ 'x-turnpike': { access: { signedin: true }, limit: { rate: '5/minute' } } }),
    document(says({ signedIn: true })),
  ],
  ['warning unreadable-part', document(body({ $ref: 'other.json' })), document(body(flag))],
]

test.each(CASES)('%s is found, and not where it is mended', (rule, broken, fixed) => {
  expect(rulesOf(broken)).toEqual([rule])
  expect(rulesOf(fixed)).toEqual([])
})

test('every rule has a case, and the docs have a row for it', () => {
  const docs = readFileSync(`${import.meta.dirname}/../../../../docs/review.md`, 'utf8')
  for (const { id, severity, risk, asvs, title } of FOREIGN_RULES) {
    expect(CASES.map(([rule]) => rule.split(' ')[1])).toContain(id)
    expect(docs).toContain(`| \`${id}\` | ${severity} | ${risk ?? '–'} | ${asvs ?? '–'} | ${title} |`)
  }
})

test.each([
  [
    'pageToken',
    'token_type',
    'passwordChangedAt',
    'hasPassword',
    'contentHash',
    'shipping',
    'pinned',
    'nextToken',
    'secretary',
  ],
])('%s and the like are no secrets', (...names) => {
  expect(rulesOf(document(reply(closed(Object.fromEntries(names.map((name) => [name, text]))))))).toEqual([])
})

test.each([
  'userPassword',
  'password_hash',
  'clientSecret',
  'client_secret',
  'cvv',
  'card_pin',
  'otp',
  'privateKey',
  'salt',
  'refresh_token',
  'apiKey',
])('%s is a secret', (name) => {
  expect(rulesOf(document(reply(closed({ [name]: text })))).join()).toContain('secret-shown')
})

test('the same schema in body and reply weighs more than a secret that is only sent', () => {
  const User = closed({ password: text })
  const found = document(
    { ...body({ $ref: '#/components/schemas/User' }), ...reply({ $ref: '#/components/schemas/User' }) },
    { components: { securitySchemes, schemas: { User } } },
  )
  expect(rulesOf(found).sort()).toEqual(['error secret-shown', 'warning write-only-secret'])
})

test('one operation breaks a rule once, whatever the number of its fields', () => {
  const names = Array.from({ length: 8 }, (_, n) => [`f${n}`, { type: 'string' }])
  const { findings } = reviewDocument(document(body(closed(Object.fromEntries(names)))))
  expect(findings.map(({ message }) => message)).toEqual([
    'POST /things: a string of any length at body/f0, body/f1, body/f2, body/f3, body/f4 and 3 more',
  ])
})

test('a rule is printed once, with its first places and the line that mends them', () => {
  const paths = Object.fromEntries(
    Array.from({ length: 8 }, (_, n) => [`/a${n}`, { get: { ...sound, security: undefined } }]),
  )
  const found = reviewDocument(withPaths(paths))
  expect(found.findings).toHaveLength(8)
  expect(formatReview(found)).toBe(`Foreign: 8 endpoints

no-security API2, ASVS 8.2.1
  An operation asks for a credential
  ✗ GET /a0: it asks for no credential
  ✗ GET /a1: it asks for no credential
  ✗ GET /a2: it asks for no credential
  ✗ GET /a3: it asks for no credential
  ✗ GET /a4: it asks for no credential
    write security: [{ accessToken: [] }]
  and 3 more; --json names all 8

8 errors, 0 warnings, 0 notes
`)
})

test('local references are followed, in circles too', () => {
  const Tree = closed({ name: { type: 'string' }, below: { $ref: '#/components/schemas/Tree' } })
  const { findings } = reviewDocument(
    document(body({ $ref: '#/components/schemas/Tree' }), { components: { securitySchemes, schemas: { Tree } } }),
  )
  expect(findings.map(({ message }) => message)).toEqual(['POST /things: a string of any length at body/name'])
})

test.each([
  ['of a test', billing],
  ['of the demo', demo],
])('the documents %s have no error, and the full one answers what the public one warns of', (_name, api) => {
  const found = (full: boolean) =>
    rulesOf(JSON.parse(JSON.stringify(toOpenApi(api, { full, servers: ['https://api.example.com'] }))))
  expect(found(false)).toContain('warning id-parameter')
  expect(found(false).filter((each) => each.startsWith('error'))).toEqual([])
  const notes = ['info cors-undeclared', 'info write-only-secret', 'info shapeless-string']
  expect(found(true).filter((each) => !notes.includes(each))).toEqual([])
})

test('the example of docs/x-turnpike.md has no error', () => {
  const docs = readFileSync(`${import.meta.dirname}/../../../../docs/x-turnpike.md`, 'utf8')
  const found = rulesOf(parse(/```yaml\n([\s\S]*?)```/.exec(docs)?.[1] ?? ''))
  expect(found.filter((each) => !each.startsWith('info'))).toEqual([])
})

test('a child in the path holds its parent, in circles too', () => {
  const nested = (access: object, within: object) =>
    rulesOf(
      at('/users/{user}/notes/{note}', 'get', {
        parameters: [
          { name: 'user', in: 'path', schema: { type: 'boolean' } },
          { name: 'note', in: 'path', schema: { type: 'boolean' } },
        ],
        ...says(access, { user: { resource: 'user', ...within }, note: { resource: 'note', within: 'user' } }),
      }),
    )
  expect(nested({ owns: 'note' }, {})).toEqual([])
  expect(nested({ signedIn: true }, { within: 'note' })).toEqual(['error id-parameter'])
})

test('what everybody may read needs no owner to be read', () => {
  const get = (read: object) =>
    rulesOf({
      ...at('/a/{thing}', 'get', {
        ...parameter('thing', 'path'),
        ...says({ anyone: 'a catalogue' }, { thing: { resource: 'thing' } }),
      }),
      'x-turnpike': { version: 1, resources: { thing: { id: 'id', owner: null, tenant: null, read } } },
    })
  expect(get({ anyone: 'a catalogue' })).toEqual([])
  expect(get({ role: 'staff' })).toEqual(['error id-parameter'])
})

test.each([null, [], {}, { openapi: '2.0', paths: {} }, { openapi: '3.1.0' }, 'text'])(
  '%j is no OpenAPI document',
  (given) => {
    expect(() => reviewDocument(given)).toThrow(TypeError)
  },
)

describe('of any size and quality', () => {
  test('3,000 operations over one web of schemas end, with a line for each rule', () => {
    const schemas = Object.fromEntries(
      Array.from({ length: 500 }, (_, n) => [
        `S${n}`,
        {
          type: 'object',
          properties: {
            name: { type: 'string' },
            next: { $ref: `#/components/schemas/S${(n + 1) % 500}` },
            other: { $ref: `#/components/schemas/S${(n * 7) % 500}` },
          },
        },
      ]),
    )
    const paths = Object.fromEntries(
      Array.from({ length: 1500 }, (_, n) => [
        `/things${n}/{id}`,
        {
          get: { responses: { 200: json({ $ref: `#/components/schemas/S${n % 500}` }) } },
          put: { ...body({ $ref: `#/components/schemas/S${n % 500}` }), responses: { 200: {} } },
        },
      ]),
    )
    const found = reviewDocument(withPaths(paths, { components: { schemas } }))
    expect(found.endpoints).toBe(3000)
    expect(found.findings.length).toBeGreaterThan(10_000)
    expect(formatReview(found).split('\n').length).toBeLessThan(200)
  })

  test('any value in any place of an operation never throws', () => {
    const keys = fc.constantFrom(
      ...[
        'type',
        'properties',
        'allOf',
        'items',
        'name',
        'in',
        'schema',
        'content',
        'application/json',
        'password',
        'roles',
        'url',
      ],
      ...[
        'enum',
        'format',
        'pattern',
        'additionalProperties',
        '200',
        '429',
        'headers',
        'required',
        '__proto__',
        'x-turnpike-ref',
      ],
    )
    const { value: any } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom('string', 'object', 'array', 'path', 'query', 'userId', '#/paths', null, true, 1, {}),
        fc.jsonValue({ maxDepth: 1 }),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(keys, tie('value'), { maxKeys: 5 }),
      ),
    }))
    fc.assert(
      fc.property(any, any, any, (first, second, third) => {
        const operation = {
          parameters: [first, { name: 'a', in: 'query', schema: second }],
          responses: { 200: json(third as object), 400: first },
        }
        reviewDocument(
          document(
            { ...operation, ...body(first as object), tags: second, security: third },
            { servers: [first], info: second },
          ),
        )
      }),
      { numRuns: 1000 },
    )
  })

  const vectors = process.env.VECTORS
  describe.skipIf(vectors === undefined)('the documents of readmeio/oas-examples (needs VECTORS)', () => {
    const folder = join(vectors ?? '.', 'openapi-examples')
    const files = vectors === undefined ? [] : readdirSync(folder, { recursive: true, encoding: 'utf8' })

    test.each(files.filter((file) => file.endsWith('.json')))(
      '%s is reviewed: a rule at most once for an operation',
      (file) => {
        const { findings } = reviewDocument(JSON.parse(readFileSync(join(folder, file), 'utf8')))
        const seen = findings.flatMap(({ rule, endpoint }) => (endpoint === null ? [] : [`${rule} ${endpoint}`]))
        expect(new Set(seen).size).toBe(seen.length)
      },
    )
  })
})
