import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { diffDocuments, diffOutlines } from '../../../src/contract/diff/diff-documents.ts'
import { formatLock, readLock } from '../../../src/contract/diff/lock.ts'
import { outlineOf } from '../../../src/contract/diff/outline.ts'
import { isCut } from '../../../src/contract/diff/shape.ts'
import { shapesOf } from '../../../src/contract/diff/shapes-of.ts'
import { readDocument } from '../../../src/contract/from-openapi/read-document.ts'
import type { JsonSchema } from '../../../src/contract/schema.ts'
import { baseDocument, bodySchema, operation, replySchema } from './base-document.ts'

const optional = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined })
const rule = fc.constantFrom<unknown>(
  { owns: 'invoice' },
  { signedIn: true },
  { anyone: 'a demo' },
  { role: 'admin' },
  { any: [{ owns: 'invoice' }, { role: 'admin' }] },
  { all: [{ owns: 'invoice' }, { factors: 2 }] },
)
const title = fc.record({
  type: fc.constantFrom<unknown>('string', ['string', 'null'], 'integer'),
  maxLength: optional(fc.constantFrom(10, 20)),
  pattern: optional(fc.constantFrom('a', 'b')),
  enum: optional(fc.subarray<unknown>(['x', 'y', null, 1], { minLength: 1 })),
  maximum: optional(fc.constantFrom(1, 2)),
})
const facts = fc.record({
  access: rule,
  rate: fc.constantFrom('10/minute', '100/minute', '500/hour', '1/second'),
  cost: fc.constantFrom(1, 2),
  once: fc.boolean(),
  read: rule,
  grant: optional(fc.oneof(rule, fc.constant(false))),
  mask: optional(fc.constantFrom('card', 'last4')),
  title,
  open: fc.boolean(),
  tenant: fc.constantFrom(null, 'tenantId'),
  endpoint: fc.boolean(),
  security: fc.constantFrom<unknown>(
    [],
    [{ accessToken: [] }],
    [{ pin: [] }],
    [{ accessToken: [], pin: [] }],
    [{ accessToken: [] }, { pin: [] }],
  ),
  server: fc.constantFrom('http://a.example.com', 'https://a.example.com'),
})

type Facts = typeof facts extends fc.Arbitrary<infer T> ? T : never

/** A document that states these facts. */
function documentOf(of: Facts) {
  const document = baseDocument()
  const get = operation(document, 'GET /invoices/{invoice}')['x-turnpike']
  get.access = of.access
  get.limit = { rate: of.rate, cost: of.cost }
  if (of.once) get.flow = { once: true }
  const invoice = document['x-turnpike'].resources.invoice as Record<string, unknown>
  invoice.read = of.read
  invoice.tenant = of.tenant
  invoice.fields = {
    note: {
      ...(of.grant === undefined ? {} : { read: of.grant }),
      ...(of.mask === undefined ? {} : { mask: of.mask }),
    },
  }
  const body = bodySchema(document)
  body.properties.title = JSON.parse(JSON.stringify(of.title))
  if (of.open) delete body.additionalProperties
  if (of.endpoint) document.paths['/new'] = { post: { security: of.security, responses: {} } }
  operation(document, 'PATCH /invoices/{invoice}').security = of.security
  document.servers = [{ url: of.server }]
  return readDocument(document)
}

describe('the diff of two documents', () => {
  it('of a document with itself, and with its lock, is empty', () => {
    fc.assert(
      fc.property(facts, (of) => {
        expect(diffDocuments(documentOf(of), documentOf(of))).toEqual([])
        const contract = outlineOf(documentOf(of))
        const lock = formatLock({ turnpikeLock: 1, contract, acknowledged: {} })
        expect(diffOutlines(readLock(JSON.parse(lock)).contract, contract)).toEqual([])
      }),
      { numRuns: 60 },
    )
  })

  it('tightens one way where it loosens the other; what cannot be compared loosens both ways', () => {
    fc.assert(
      fc.property(facts, facts, (one, other) => {
        const forth = new Map(
          diffDocuments(documentOf(one), documentOf(other)).map((each) => [
            `${each.kind} ${each.place.key} ${each.subject}`,
            each,
          ]),
        )
        const back = new Map(
          diffDocuments(documentOf(other), documentOf(one)).map((each) => [
            `${each.kind} ${each.place.key} ${each.subject}`,
            each,
          ]),
        )
        expect([...back.keys()].sort()).toEqual([...forth.keys()].sort())
        for (const [key, { direction }] of forth) {
          const turned = back.get(key)?.direction
          if (direction === 'tightens') expect(turned).toBe('loosens')
          if (direction === 'neutral') expect(turned).toBe('neutral')
        }
      }),
      { numRuns: 150 },
    )
  })
})

describe('the shapes of a schema', () => {
  const shapes = (schema: JsonSchema) => shapesOf(schema, 'request')

  it('are the same however the schema is composed', () => {
    const id: JsonSchema = {
      type: 'object',
      properties: { id: { type: 'string', maxLength: 5 } },
      required: ['id'],
      additionalProperties: false,
    }
    const plain = shapes(id)
    expect(shapes({ anyOf: [id] })).toEqual(plain)
    expect(shapes({ oneOf: [id, id] })).toEqual(plain)
    expect(
      shapes({ type: 'object', additionalProperties: false, allOf: [{ ...id, additionalProperties: true }] }),
    ).toEqual(plain)
    expect(plain).toEqual({ '': { types: ['object'] }, '/id': { types: ['string'], maxLength: 5, required: true } })
  })

  it('take what any branch takes, and a bound only where each branch has one', () => {
    expect(shapes({ anyOf: [{ type: 'string', maxLength: 5 }, { type: 'null' }] })['']).toEqual({
      types: ['null', 'string'],
      maxLength: 5,
    })
    expect(shapes({ anyOf: [{ type: 'string', maxLength: 5 }, { type: 'string' }] })['']).toEqual({ types: ['string'] })
    expect(shapes({ anyOf: [{ const: 'a' }, { const: 'b' }] })['']).toEqual({ types: ['string'], enum: ['a', 'b'] })
    expect(shapes({ anyOf: [{ type: 'object', additionalProperties: false }, {}] })['']).toEqual({ open: 'any' })
  })

  it('leave out what a request cannot set, and what a reply never shows', () => {
    const schema: JsonSchema = {
      type: 'object',
      properties: { id: { type: 'string', readOnly: true }, password: { type: 'string', writeOnly: true } },
      additionalProperties: false,
    }
    expect(Object.keys(shapesOf(schema, 'request'))).toEqual(['', '/password'])
    expect(Object.keys(shapesOf(schema, 'reply'))).toEqual(['', '/id'])
  })

  it('end where a schema is inside itself', () => {
    const node: Record<string, unknown> = { type: 'object', additionalProperties: false }
    node.properties = { child: node }
    expect(shapes(node as JsonSchema)).toEqual({ '': { types: ['object'] }, '/child': { other: 'itself again' } })
  })

  it('of a schema that is too large on one side are compared above the cut only', () => {
    const nested = (depth: number): JsonSchema =>
      depth === 0 ? { type: 'string' } : { type: 'object', properties: { a: nested(depth - 1), b: nested(depth - 1) } }
    const reply = (schema: JsonSchema) => {
      const document = baseDocument()
      replySchema(document, 'GET /invoices/{invoice}').properties = { tree: schema, total: { type: 'integer' } }
      return readDocument(document)
    }
    expect(diffDocuments(reply(nested(8)), reply(nested(20)))).toEqual([])
    const more = { ...nested(20), properties: { ...nested(20).properties, secret: { type: 'string' } } }
    expect(diffDocuments(reply(nested(8)), reply(more)).map(({ subject }) => subject)).toEqual(['/reply/tree/secret'])
  }, 240_000)

  it('end for a schema that fans out without end', () => {
    let schema: JsonSchema = { type: 'string' }
    for (let depth = 0; depth < 40; depth++) schema = { type: 'object', properties: { a: schema, b: schema } }
    expect(Object.keys(shapes(schema)).length).toBeLessThan(1000)
    expect(isCut(shapes(schema))).toBe(true)
  })
})

it('a member called like one that every object has is a member like others', () => {
  const named = (of: boolean) => {
    const document = baseDocument()
    const invoice = document['x-turnpike'].resources.invoice as { fields: Record<string, unknown> }
    invoice.fields = of ? { constructor: { write: false } } : {}
    return readDocument(document)
  }
  expect(diffDocuments(named(true), named(false)).map(({ kind, subject }) => [kind, subject])).toEqual([
    ['field-write', 'constructor'],
  ])
})
