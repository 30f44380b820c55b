import { readFileSync } from 'node:fs'
import { compileErrors, validate } from '@readme/openapi-parser'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { toOpenApi } from '../../src/contract/to-openapi.ts'
import { billing } from './billing-contract.ts'

const full = toOpenApi(billing, { full: true, servers: ['https://api.example.com'] })
const open = toOpenApi(billing)
const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T
const get = (value: unknown, ...keys: string[]): unknown =>
  keys.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], value)
const root = `${import.meta.dirname}/../..`
const ajv = new Ajv2020({
  strict: true,
  strictRequired: false,
  allErrors: true,
  formats: { 'date-time': (text) => !Number.isNaN(Date.parse(text)) },
})
ajv.addSchema(JSON.parse(readFileSync(`${root}/schema/x-turnpike.v1.schema.json`, 'utf8')), 'x')
const extension = (kind: 'document' | 'operation', value: unknown) => {
  const check = ajv.getSchema(`x#/$defs/${kind}`)
  return check?.(value) === true ? '' : ajv.errorsText(check?.errors)
}
const operations = (document: unknown) =>
  Object.entries(get(document, 'paths') as Record<string, Record<string, unknown>>).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ id: `${method} ${path}`, operation })),
  )

test.each([
  ['full', full],
  ['public', open],
])('an independent validator accepts the %s document', async (_, document) => {
  const result = await validate(copy(document) as never, { resolve: { external: false } })
  expect(result.valid ? '' : compileErrors(result)).toBe('')
})

test('the document is plain JSON: nothing is lost, no function, no internal number', () => {
  expect(copy(full)).toEqual(full)
  expect(JSON.stringify(full)).not.toContain('x-turnpike-uid')
})

test('without `full` nothing of x-turnpike is said', () => {
  expect(JSON.stringify(open)).not.toMatch(/x-turnpike|billing|passwordHash|signed in/)
})

test('x-turnpike matches its published schema, in the document and in every operation', () => {
  expect(extension('document', full['x-turnpike'])).toBe('')
  for (const { id, operation } of operations(full))
    expect([id, extension('operation', get(operation, 'x-turnpike'))]).toEqual([id, ''])
})

test('every local reference leads somewhere', () => {
  for (const document of [full, open]) {
    for (const [, ref = ''] of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]*)"/g))
      expect([ref, get(document, ...ref.split('/'))]).not.toContain(undefined)
  }
})

test('a view leaves out what nobody reads, and makes optional what some do not', () => {
  const user = full.components.schemas.user
  expect(user?.properties).not.toHaveProperty('passwordHash')
  expect(user?.required).toEqual(['id', 'tenantId', 'name'])
  expect(user?.properties?.email?.description).toBe(
    'In clear for the owner of the user or role admin; masked for others.',
  )
})

test('rules are data', () => {
  expect(get(full, 'paths', '/v1/users/{user}/invoices/{invoice}', 'get', 'x-turnpike')).toMatchObject({
    access: { any: [{ owns: 'invoice' }, { related: { relation: 'viewer', object: 'invoice' } }, { role: 'admin' }] },
    params: { user: { resource: 'user' }, invoice: { resource: 'invoice', within: 'user' } },
    limit: { rate: '100/minute' },
  })
  expect(get(full, 'paths', '/v1/invoices', 'post', 'x-turnpike', 'access')).toEqual({
    all: [{ signedIn: true }, { rule: 'open for business' }],
  })
  expect(get(full, 'paths', '/v1/invoices/{invoice}/pay', 'post', 'x-turnpike', 'flow')).toEqual({
    once: true,
    perPrincipal: '3/day',
    stepUp: { freshSeconds: 300 },
    after: 'POST /v1/invoices',
    minimumSeconds: 2,
  })
  expect(get(full, 'paths', '/v1/login', 'post', 'x-turnpike', 'limit', 'by')).toEqual([
    { body: 'email', rate: '5/hour' },
  ])
  expect(full['x-turnpike']?.resources.invoice?.fields.cardNumber).toEqual({
    read: { role: 'billing' },
    mask: 'custom',
    seal: true,
  })
})

test('security, refusals and headers follow from the contract', () => {
  expect(get(open, 'paths', '/v1/login', 'post', 'security')).toEqual([])
  expect(get(open, 'paths', '/v1/invoices', 'get', 'security')).toEqual([
    { accessToken: [] },
    { apiKey: ['invoices:read'] },
  ])
  expect(Object.keys(get(open, 'paths', '/v1/login', 'post', 'responses') as object)).toContain('401')
  expect(Object.keys(get(open, 'paths', '/v1/tree', 'get', 'responses') as object)).toEqual(
    expect.arrayContaining(['200', '401', '403', '429', '503']),
  )
  expect(get(open, 'paths', '/v0/years/{year}/report', 'get')).toMatchObject({
    deprecated: true,
    responses: { 410: {} },
  })
  expect(get(open, 'paths', '/v1/invoices', 'post', 'parameters')).toEqual([
    expect.objectContaining({ name: 'Idempotency-Key', in: 'header', required: true }),
  ])
  expect(get(open, 'paths', '/v1/invoices/{invoice}/files', 'post', 'requestBody', 'content')).toHaveProperty(
    'application/pdf',
  )
})

test('the hand-written example of the documentation is valid', async () => {
  const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(readFileSync(`${root}/docs/x-turnpike.md`, 'utf8')) ?? []
  const document = parse(yaml) as unknown
  expect(extension('document', get(document, 'x-turnpike'))).toBe('')
  for (const { id, operation } of operations(document))
    expect([id, extension('operation', get(operation, 'x-turnpike'))]).toEqual([id, ''])
  const result = await validate(copy(document) as never, { resolve: { external: false } })
  expect(result.valid ? '' : compileErrors(result)).toBe('')
})

test('the schema refuses a rule with two keys, an unknown key and a wrong rate', () => {
  expect(extension('operation', { access: { signedIn: true, role: 'admin' }, limit: { rate: '1/minute' } })).not.toBe(
    '',
  )
  expect(extension('operation', { access: { signedin: true }, limit: { rate: '1/minute' } })).not.toBe('')
  expect(extension('operation', { access: { signedIn: true }, limit: { rate: '1 per minute' } })).not.toBe('')
})
