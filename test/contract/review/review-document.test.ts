import { expect, test } from 'vitest'
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

test('a document of our own has no error', () => {
  expect(
    rulesOf(JSON.parse(JSON.stringify(toOpenApi(billing, { servers: ['https://api.example.com'] })))).filter((rule) =>
      rule.startsWith('error'),
    ),
  ).toEqual([])
})

test.each([null, [], {}, { openapi: '2.0', paths: {} }, { openapi: '3.1.0' }, 'text'])(
  '%j is no OpenAPI document',
  (given) => {
    expect(() => reviewDocument(given)).toThrow(TypeError)
  },
)
