import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import demo from '../../../examples/billing/api.ts'
import { FOREIGN_RULES, reviewDocument } from '../../../src/contract/review/foreign/review-document.ts'
import { toOpenApi } from '../../../src/contract/to-openapi.ts'
import { billing } from '../billing-contract.ts'

const document = (operation: object, more: object = {}) => ({
  openapi: '3.1.0',
  info: { title: 'Foreign', version: '1' },
  paths: { '/things': { post: { security: [{ bearer: [] }], responses: { 401: {}, 429: {} }, ...operation } } },
  ...more,
})
const rulesOf = (given: unknown) => reviewDocument(given).findings.map(({ rule, severity }) => `${severity} ${rule}`)
const body = (schema: object) => ({ requestBody: { content: { 'application/json': { schema } } } })
const parameter = (name: string, place: string, schema: object = { type: 'boolean' }) => ({
  parameters: [{ name, in: place, schema }],
})
const says = (access: object, params: object = {}) => ({
  'x-turnpike': { access, limit: { rate: '5/minute' }, params },
})

const CASES: readonly (readonly [rule: string, broken: unknown, fixed: unknown])[] = [
  ['error no-security', document({ security: undefined }), document({})],
  [
    'error no-security',
    document({ security: [{ bearer: [] }, {}] }),
    document({ security: undefined }, { security: [{ bearer: [] }] }),
  ],
  ['info no-security', document({ security: [] }), document({})],
  [
    'error secret-in-query',
    document(parameter('access_token', 'query')),
    document(parameter('access_token', 'header')),
  ],
  [
    'error plain-server',
    document({}, { servers: [{ url: 'http://a.example' }] }),
    document({}, { servers: [{ url: 'https://a.example' }] }),
  ],
  ['warning id-parameter', document(parameter('thingId', 'path')), document(parameter('year', 'path'))],
  [
    'warning loose-body',
    document(body({ type: 'object', properties: {} })),
    document(body({ type: 'object', properties: {}, additionalProperties: false })),
  ],
  [
    'warning foreign-unbounded-input',
    document(body({ type: 'string' })),
    document(body({ type: 'string', maxLength: 5 })),
  ],
  ['error secret-in-query', document(parameter('resetToken', 'path')), document(parameter('tokenKind', 'path'))],
  [
    'error unreadable-extension',
    document({ 'x-turnpike': { access: { signedin: true }, limit: { rate: '5/minute' } } }),
    document({ 'x-turnpike': { access: { signedIn: true }, limit: { rate: '5/minute' } } }),
  ],
  [
    'error id-parameter',
    document({ ...parameter('thingId', 'path'), ...says({ signedIn: true }) }),
    document({ ...parameter('thingId', 'path'), ...says({ owns: 'thingId' }) }),
  ],
  [
    'error id-parameter',
    document({
      ...parameter('thing', 'path'),
      ...says({ any: [{ owns: 'thing' }, { freshSeconds: 5 }] }, { thing: { resource: 'thing' } }),
    }),
    document({
      ...parameter('thing', 'path'),
      ...says({ any: [{ owns: 'thing' }, { role: 'admin' }] }, { thing: { resource: 'thing' } }),
    }),
  ],
  ['info no-security', document({ security: [] }), document({ security: [], ...says({ anyone: 'a health check' }) })],
  [
    'error no-security',
    document({ security: undefined, ...says({ signedIn: true }) }),
    document(says({ signedIn: true })),
  ],
  [
    'warning missing-refusals',
    document({ responses: { 200: {} } }),
    document({ responses: { 200: {} }, ...says({ signedIn: true }) }),
  ],
  ['warning missing-refusals', document({ responses: { 200: {}, 401: {} } }), document({ responses: { '4XX': {} } })],
]

test.each(CASES)('%s is found, and not where it is mended', (rule, broken, fixed) => {
  expect(rulesOf(broken)).toEqual([rule])
  expect(rulesOf(fixed)).toEqual([])
})

test('every rule has a case', () => {
  for (const { id } of FOREIGN_RULES) expect(CASES.map(([rule]) => rule.split(' ')[1])).toContain(id)
})

test('local references are followed, in circles too', () => {
  const tree = {
    type: 'object',
    additionalProperties: false,
    properties: { name: { type: 'string' }, below: { $ref: '#/components/schemas/Tree' } },
  }
  const found = reviewDocument(
    document(body({ $ref: '#/components/schemas/Tree' }), { components: { schemas: { Tree: tree } } }),
  ).findings
  expect(found.map(({ message }) => message)).toEqual(['POST /things: body/name is a string of any length'])
})

test.each([
  ['of a test', billing],
  ['of the demo', demo],
])('the documents %s have no error, and the full one answers what the public one leaves open', (_name, api) => {
  const found = (full: boolean) =>
    rulesOf(JSON.parse(JSON.stringify(toOpenApi(api, { full, servers: ['https://api.example.com'] }))))
  expect(new Set(found(false))).toEqual(new Set(['warning id-parameter', 'info no-security']))
  expect(found(true)).toEqual([])
})

test('the example of docs/x-turnpike.md has no finding', () => {
  const docs = readFileSync(`${import.meta.dirname}/../../../docs/x-turnpike.md`, 'utf8')
  expect(rulesOf(parse(/```yaml\n([\s\S]*?)```/.exec(docs)?.[1] ?? ''))).toEqual([])
})

test('a child in the path holds its parent, in circles too', () => {
  const nested = (access: object, within: object) =>
    rulesOf(
      document({
        parameters: [
          { name: 'user', in: 'path', schema: { type: 'boolean' } },
          { name: 'note', in: 'path', schema: { type: 'boolean' } },
        ],
        ...says(access, { user: { resource: 'user', ...within }, note: { resource: 'note', within: 'user' } }),
      }),
    )
  expect(nested({ owns: 'note' }, {})).toEqual([])
  expect(nested({ signedIn: true }, { within: 'note' })).toEqual(['error id-parameter', 'error id-parameter'])
})

test('what everybody may read needs no owner to be read', () => {
  const get = (read: object) =>
    rulesOf({
      openapi: '3.1.0',
      'x-turnpike': { version: 1, resources: { thing: { id: 'id', owner: null, tenant: null, read } } },
      paths: {
        '/things/{thing}': {
          get: { ...parameter('thing', 'path'), ...says({ anyone: 'a catalogue' }, { thing: { resource: 'thing' } }) },
        },
      },
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
