import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import demo from '../../../examples/billing/api.ts'
import { parseDocumentText } from '../../../src/contract/from-openapi/parse-document.ts'
import { readDocument } from '../../../src/contract/from-openapi/read-document.ts'
import { schemaNodes } from '../../../src/contract/from-openapi/schema-nodes.ts'
import { operationExtension } from '../../../src/contract/openapi/extension.ts'
import { toOpenApi } from '../../../src/contract/to-openapi.ts'
import { billing } from '../billing-contract.ts'

const document = (more: object, openapi = '3.1.0') => ({
  openapi,
  info: { title: 'Test', version: '1' },
  paths: {},
  ...more,
})
const only = (operation: object, more: object = {}, openapi = '3.1.0') => {
  const read = readDocument(document({ paths: { '/things': { post: operation } }, ...more }, openapi))
  return { ...read, operation: read.operations[0] }
}
const json = (schema: unknown) => ({ requestBody: { content: { 'application/json': { schema } } } })
const bodyOf = (schema: unknown, schemas: object = {}, openapi = '3.1.0') =>
  only(json(schema), { components: { schemas } }, openapi).operation?.body?.content[0]?.schema ?? {}

const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'options', 'head', 'trace']
const vectors = process.env.VECTORS
describe.skipIf(vectors === undefined)('the documents of readmeio/oas-examples (needs VECTORS)', () => {
  const folder = join(vectors ?? '.', 'openapi-examples')
  const files = vectors === undefined ? [] : readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const documents = files.filter((file) => file.endsWith('.json'))

  test('there are 59, of which two hold no operation and one names a scheme that it does not declare', () => {
    const read = documents.map((file) => ({ file, ...readDocument(parse(join(folder, file))) }))
    expect(read.length).toBe(59)
    const empty = read.filter(({ operations }) => operations.length === 0).map(({ file }) => file)
    expect(empty.sort()).toEqual(['3.0/json/openapi-workshop/title.json', '3.1/json/webhooks.json'])
    expect(read.flatMap(({ faults }) => faults)).toEqual([
      '/components/securitySchemes: does not have api_key, which operations ask for',
    ])
    for (const { file, operations } of read) {
      const { paths = {} } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { paths?: Record<string, object> }
      const written = Object.entries(paths).flatMap(([path, item]) =>
        Object.keys(item).flatMap((key) => (METHODS.includes(key) ? `${key.toUpperCase()} ${path}` : [])),
      )
      expect(operations.map(({ id }) => id).sort()).toEqual(written.sort())
    }
  })

  test.each(documents)('%s is left without references', (file) => {
    for (const { body, parameters, responses } of readDocument(parse(join(folder, file))).operations) {
      const schemas = [
        ...parameters.map(({ schema }) => schema),
        ...[body ?? { content: [] }, ...responses].flatMap(({ content }) => content.map(({ schema }) => schema)),
      ]
      for (const schema of schemas) for (const { node } of schemaNodes(schema)) expect(node.$ref).toBeUndefined()
    }
  })

  const parse = (file: string) => parseDocumentText(readFileSync(file, 'utf8'), file)
})

describe('references', () => {
  test('lead to parameters, bodies, responses, path items, examples and security schemes', () => {
    const { operations, securitySchemes, faults } = readDocument(
      document({
        paths: { '/a/{id}': { $ref: '#/components/pathItems/A' } },
        components: {
          pathItems: {
            A: {
              parameters: [{ $ref: '#/components/parameters/Id' }],
              post: {
                requestBody: { $ref: '#/components/requestBodies/B' },
                responses: { 201: { $ref: '#/components/responses/R' } },
                security: [{ key: [] }],
              },
            },
          },
          parameters: { Id: { name: 'id', in: 'path', schema: { type: 'string' }, example: 'a1' } },
          requestBodies: {
            B: {
              required: true,
              content: { 'application/json': { examples: { one: { $ref: '#/components/examples/E' } } } },
            },
          },
          examples: { E: { value: { n: 1 } } },
          responses: { R: { description: 'Made.', headers: { 'Retry-After': {} }, content: { 'text/plain': {} } } },
          securitySchemes: {
            key: { $ref: '#/components/securitySchemes/real' },
            real: { type: 'apiKey', in: 'query', name: 'k' },
          },
        },
      }),
    )
    expect(faults).toEqual([])
    expect(operations).toMatchObject([
      {
        id: 'POST /a/{id}',
        parameters: [{ name: 'id', in: 'path', required: true, examples: ['a1'] }],
        body: { required: true, content: [{ mediaType: 'application/json', examples: [{ n: 1 }] }] },
        responses: [
          { status: '201', description: 'Made.', headers: ['retry-after'], content: [{ mediaType: 'text/plain' }] },
        ],
        security: [['key']],
      },
    ])
    expect(securitySchemes.key).toMatchObject({ type: 'apiKey', in: 'query', name: 'k' })
  })

  test.each([
    '#/paths/~1a~1%7Bid%7D/get/responses/200/content/application~1json/schema',
    '#/paths/~1a~1{id}/get/responses/200/content/application~1json/schema',
  ])('are decoded: %s', (reference) => {
    const { operations } = readDocument(
      document({
        paths: {
          '/a/{id}': {
            parameters: [{ name: 'id', in: 'path', schema: { type: 'string' } }],
            get: { responses: { 200: { content: { 'application/json': { schema: { const: 7 } } } } } },
          },
          '/b': { get: { responses: { 200: { content: { 'application/json': { schema: { $ref: reference } } } } } } },
        },
      }),
    )
    expect(operations[1]?.responses[0]?.content[0]?.schema).toEqual({ const: 7 })
  })

  test('of a schema to itself become a circle, and the same place is the same object', () => {
    const schema = bodyOf(
      {
        type: 'object',
        properties: { a: { $ref: '#/components/schemas/Tree' }, b: { $ref: '#/components/schemas/Tree' } },
      },
      {
        Tree: {
          type: 'object',
          properties: { below: { type: 'array', items: { $ref: '#/components/schemas/Tree' } } },
        },
      },
    )
    const { a, b } = schema.properties ?? {}
    expect(a).toBe(b)
    expect(a?.properties?.below?.items).toBe(a)
  })

  test('that lead outside, nowhere or in circles are told, and the rest is read', () => {
    const { operation, faults } = only(
      {
        parameters: [
          { $ref: '#/components/parameters/Gone' },
          { name: 'q', in: 'query', schema: { $ref: 'https://a.example/x.json' } },
        ],
        ...json({
          type: 'object',
          properties: { loop: { $ref: '#/components/schemas/A' }, gone: { $ref: '#/nothing' } },
        }),
      },
      { components: { schemas: { A: { $ref: '#/components/schemas/B' }, B: { $ref: '#/components/schemas/A' } } } },
    )
    expect(operation?.parameters).toMatchObject([{ name: 'q', schema: { $ref: 'https://a.example/x.json' } }])
    expect(operation?.body?.content[0]?.schema.properties).toEqual({ loop: {}, gone: {} })
    expect(faults).toContain('/paths/~1things/post/parameters/0: leads to nothing: #/components/parameters/Gone')
    expect(faults.join('\n')).toContain('https://a.example/x.json is outside this document and was not fetched')
    expect(faults.join('\n')).toContain('leads back to itself')
  })

  test('to definitions of the schema around them are found there', () => {
    expect(bodyOf({ $defs: { Name: { maxLength: 5 } }, properties: { name: { $ref: '#/$defs/Name' } } })).toEqual({
      type: 'object',
      properties: { name: { maxLength: 5 } },
    })
  })

  test('a chain of 20,000 schemas is read, an inheritance of 1,200 as far as anybody would mean it', () => {
    const chain = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, n) => [
        `S${n}`,
        { properties: { next: { $ref: `#/components/schemas/S${n + 1}` } } },
      ]),
    )
    expect(
      [...schemaNodes(bodyOf({ $ref: '#/components/schemas/S0' }, { ...chain, S20000: {} }), { most: 30_000 })].length,
    ).toBe(20_001)
    const heirs = Object.fromEntries(
      Array.from({ length: 1200 }, (_, n) => [`H${n}`, { allOf: [{ $ref: `#/components/schemas/H${n + 1}` }] }]),
    )
    const first = only(json({ $ref: '#/components/schemas/H0' }), {
      components: { schemas: { ...heirs, H1200: { required: ['a'] } } },
    })
    expect(first.operation?.body?.content[0]?.schema).toEqual({})
    expect(first.faults).toContain('/components/schemas/H0: is made of more than 500 schemas; the rest was left out')
  })
})

describe('schemas', () => {
  test.each([
    ['nullable', { type: 'string', nullable: true }, { type: ['string', 'null'] }],
    [
      'nullable beside anyOf',
      { anyOf: [{ type: 'string' }], nullable: true },
      { anyOf: [{ type: 'string' }, { type: 'null' }] },
    ],
    ['an exclusive minimum', { minimum: 1, exclusiveMinimum: true }, { exclusiveMinimum: 1 }],
    ['an inclusive maximum', { maximum: 9, exclusiveMaximum: false }, { maximum: 9 }],
    ['an exclusive maximum of 3.1', { exclusiveMaximum: 9 }, { exclusiveMaximum: 9 }],
    ['an example', { example: 'a' }, { examples: ['a'] }],
    ['a list of item schemas', { items: [{ const: 1 }] }, { prefixItems: [{ const: 1 }] }],
    [
      'true and false',
      { properties: { a: true, b: false } },
      { type: 'object', properties: { a: {}, b: { not: {} } } },
    ],
    ['wrong keywords', { type: 'text', maxLength: '5', enum: 'a', required: true, properties: [] }, {}],
  ])('%s', (_name, given, read) => {
    expect(bodyOf(given, {}, '3.0.3')).toEqual(read)
  })

  test('allOf becomes one object, in which the heir narrows the base', () => {
    const schemas = {
      Base: {
        type: 'object',
        title: 'Base',
        properties: { id: { type: 'string', readOnly: true }, kind: { type: 'string' } },
        required: ['id'],
      },
    }
    const heir = {
      allOf: [{ $ref: '#/components/schemas/Base' }, { properties: { kind: { enum: ['a'] } }, required: ['kind'] }],
    }
    expect(bodyOf(heir, schemas)).toEqual({
      type: 'object',
      properties: { id: { type: 'string', readOnly: true }, kind: { type: 'string', enum: ['a'] } },
      required: ['id', 'kind'],
    })
  })

  test('a base that lists its heirs gives them its properties, not the list', () => {
    const schemas = {
      Pet: { type: 'object', properties: { name: { type: 'string' } }, oneOf: [{ $ref: '#/components/schemas/Cat' }] },
      Cat: { allOf: [{ $ref: '#/components/schemas/Pet' }, { properties: { lives: { type: 'integer' } } }] },
    }
    const pet = bodyOf({ $ref: '#/components/schemas/Pet' }, schemas)
    expect(pet.oneOf).toEqual([
      { type: 'object', properties: { name: { type: 'string' }, lives: { type: 'integer' } } },
    ])
  })

  test('two alternatives in one allOf both stay', () => {
    const given = { allOf: [{ oneOf: [{ const: 1 }, { const: 2 }] }, { oneOf: [{ const: 2 }, { const: 3 }] }] }
    expect(bodyOf(given)).toEqual({
      oneOf: [{ const: 2 }, { const: 3 }],
      allOf: [{ oneOf: [{ const: 1 }, { const: 2 }] }],
    })
  })

  test('what stands beside a reference adds to it; a note does not make another object of it', () => {
    const schemas = { Secret: { type: 'string' } }
    const { a, b, c } = bodyOf(
      {
        properties: {
          a: { $ref: '#/components/schemas/Secret', writeOnly: true },
          b: { $ref: '#/components/schemas/Secret', description: 'a note' },
          c: { $ref: '#/components/schemas/Secret' },
        },
      },
      schemas,
    ).properties as Record<string, unknown>
    expect(a).toEqual({ type: 'string', writeOnly: true })
    expect(b).toBe(c)
  })

  test('a narrowed property that leads back to its base ends', () => {
    const schemas = {
      Node: {
        allOf: [
          { properties: { next: { $ref: '#/components/schemas/Node' } } },
          { properties: { next: { readOnly: true, properties: { extra: { type: 'string' } } } } },
        ],
      },
    }
    expect([...schemaNodes(bodyOf({ $ref: '#/components/schemas/Node' }, schemas))].length).toBeLessThan(10)
  })

  test('a property called __proto__ is a property', () => {
    const given = JSON.parse('{"properties":{"__proto__":{"type":"string"}}}')
    expect(Object.keys(bodyOf(given).properties ?? {})).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(bodyOf(JSON.parse('{"__proto__":{"type":"string"}}')))).toBe(Object.prototype)
  })
})

describe('security', () => {
  const bearer = [{ bearer: [] }]
  test.each([
    ['nobody says', undefined, undefined, null, false],
    ['the document says', undefined, bearer, [['bearer']], false],
    ['the operation opens itself', [], bearer, null, true],
    ['the operation makes it optional', [{ bearer: [] }, {}], undefined, null, true],
    ['the document makes it optional', undefined, [{ bearer: [] }, {}], null, false],
    ['one of two, or both', [{ a: [] }, { b: [], c: ['read'] }], undefined, [['a'], ['b', 'c']], false],
    ['an object for a list', { bearer: [] }, undefined, [['bearer']], false],
    ['nonsense falls back', 'none', bearer, [['bearer']], false],
    ['a list of nonsense opens nothing', ['none'], bearer, [['bearer']], false],
  ])('%s', (_name, own, whole, security, openOnPurpose) => {
    expect(only({ security: own }, { security: whole }).operation).toMatchObject({
      security,
      openOnPurpose,
      scopes: security?.flat().includes('c') ? ['read'] : [],
    })
  })
})

describe('operations', () => {
  test('a parameter of the operation replaces that of its path; one that nobody declares is told', () => {
    const { operations, faults } = readDocument(
      document({
        paths: {
          '/a/{id}/{other}': {
            parameters: [
              { name: 'id', in: 'path', schema: { type: 'string' } },
              { name: 'id', in: 'query', schema: { type: 'boolean' } },
            ],
            get: { parameters: [{ name: 'id', in: 'path', schema: { type: 'integer' } }, { name: 'x' }] },
          },
        },
      }),
    )
    expect(operations[0]?.parameters.map(({ name, in: place, schema }) => [name, place, schema.type])).toEqual([
      ['id', 'path', 'integer'],
      ['id', 'query', 'boolean'],
      ['other', 'path', undefined],
    ])
    expect(faults).toHaveLength(2)
    expect(faults.join('\n')).toContain('/paths/~1a~1{id}~1{other}/get/parameters/1')
    expect(faults.join('\n')).toContain('does not declare its path parameter other')
  })

  test('servers are those of the operation or its path where these have any', () => {
    const { servers, serverNotes, operations } = readDocument(
      document({
        servers: [
          { url: '/v1', description: 'Staging', 'x-internal': true },
          { url: 'https://{region}.a.example' },
          {},
        ],
        paths: {
          '/a': { servers: [{ url: 'https://b.example' }], get: {}, post: { servers: [{ url: '/c' }] } },
          '/b': { get: {} },
        },
      }),
    )
    expect(servers).toEqual(['/v1', 'https://{region}.a.example'])
    expect(serverNotes[0]).toEqual({ url: '/v1', description: 'Staging', internal: true })
    expect(serverNotes[1]).toMatchObject({ description: '', internal: null })
    expect(operations.map((each) => each.servers)).toEqual([['https://b.example'], ['/c'], []])
  })

  test('statuses, forms, and a parameter with content', () => {
    const { operation } = only({
      parameters: [
        { name: 'filter', in: 'query', content: { 'application/json': { schema: { type: 'object' }, example: {} } } },
      ],
      requestBody: { content: { 'application/x-www-form-urlencoded': { schema: { properties: { a: {} } } } } },
      responses: { 200: {}, '4xx': {}, default: {}, 'x-more': {}, 700: {} },
    })
    expect(operation?.parameters).toMatchObject([{ name: 'filter', schema: { type: 'object' }, examples: [{}] }])
    expect(operation?.body?.content[0]?.mediaType).toBe('application/x-www-form-urlencoded')
    expect(operation?.responses.map(({ status }) => status)).toEqual(['200', '4XX', 'default'])
  })
})

describe('x-turnpike', () => {
  test.each([
    ['of a test', billing],
    ['of the demo', demo],
  ])('all that the contract %s writes is read back', (_name, api) => {
    const read = readDocument(JSON.parse(JSON.stringify(toOpenApi(api, { full: true }))))
    expect(read.faults).toEqual([])
    expect(read.operations).toHaveLength(api.endpoints.length)
    const written = new Map(
      api.endpoints.map((each) => [each.id.replaceAll(/:([A-Za-z0-9]+)/g, '{$1}'), operationExtension(each)]),
    )
    for (const { id, extension } of read.operations) {
      const { limit, reply, params, flow, ...rest } = written.get(id) as Record<string, object>
      expect(extension, id).toMatchObject(JSON.parse(JSON.stringify({ ...rest, flow: flow ?? null })))
      const { by = [], ...limits } = limit as { by?: readonly Record<string, string>[] }
      expect(extension?.limit).toMatchObject(limits)
      expect(extension?.limit.by.map(({ from, name, rate }) => ({ [from]: name, rate }))).toEqual(by)
      expect(extension?.reply && { [extension.reply.kind]: extension.reply.why }).toEqual(reply ?? null)
      for (const [name, param] of Object.entries(params ?? {})) expect(extension?.params[name]).toMatchObject(param)
    }
    expect(read.extension).toEqual(JSON.parse(JSON.stringify(toOpenApi(api, { full: true })['x-turnpike'])))
  })

  test.each([
    [{ access: { signedin: true }, limit: { rate: '5/minute' } }, 'x-turnpike/access: '],
    [{ access: { signedIn: true }, limit: { rate: '5 a minute' } }, 'x-turnpike/limit/rate: '],
    [{ access: { signedIn: true }, limit: { rate: '5/minute' }, flwo: {} }, 'flwo'],
    [{ access: { signedIn: true }, limit: { rate: '5/minute' }, clients: null }, 'x-turnpike/clients: '],
    ['text', 'x-turnpike: '],
  ])('%j is told', (given, place) => {
    const { operation, faults } = only({ 'x-turnpike': given })
    expect(operation?.extension).toBeNull()
    expect(operation?.extensionFault).toContain(place)
    expect(faults.join()).toContain('/paths/~1things/post/x-turnpike')
  })

  test('a rule that nests without end is told', () => {
    let rule: object = { signedIn: true }
    for (let depth = 0; depth < 20_000; depth++) rule = { any: [rule] }
    expect(only({ 'x-turnpike': { access: rule, limit: { rate: '5/minute' } } }).operation?.extensionFault).toContain(
      'too deep',
    )
  })

  test('a resource that leaves out who reads is its owner’s', () => {
    const resources = { note: { id: 'id', owner: 'userId', tenant: null } }
    expect(readDocument(document({ 'x-turnpike': { version: 1, resources } })).extension?.resources.note).toEqual({
      ...resources.note,
      read: { owns: 'note' },
      refer: { owns: 'note' },
      relations: [],
      parents: {},
      fields: {},
    })
  })
})

describe('a Swagger 2.0 document', () => {
  test('is read in its common parts', () => {
    const { servers, operations, securitySchemes, schemas, faults } = readDocument({
      swagger: '2.0',
      info: { title: 'Old', version: '1' },
      host: 'a.example',
      basePath: '/v1',
      schemes: ['http', 'https'],
      produces: ['application/json'],
      definitions: { Pet: { type: 'object', properties: { name: { type: 'string' } } } },
      parameters: { Id: { name: 'id', in: 'path', required: true, type: 'integer', format: 'int64' } },
      securityDefinitions: {
        basic: { type: 'basic' },
        oauth: { type: 'oauth2', flow: 'accessCode', tokenUrl: 'https://a.example/token', scopes: { read: '' } },
      },
      paths: {
        '/pets/{id}': {
          parameters: [{ $ref: '#/parameters/Id' }],
          put: {
            parameters: [{ name: 'pet', in: 'body', required: true, schema: { $ref: '#/definitions/Pet' } }],
            responses: { 200: { schema: { $ref: '#/definitions/Pet' } } },
            security: [{ basic: [] }],
          },
          post: {
            parameters: [{ name: 'photo', in: 'formData', type: 'file', required: true }],
            responses: { 204: { description: 'Done.' } },
          },
        },
      },
    })
    expect(faults).toEqual([])
    expect(servers).toEqual(['http://a.example/v1', 'https://a.example/v1'])
    expect(operations).toMatchObject([
      {
        id: 'PUT /pets/{id}',
        parameters: [{ name: 'id', in: 'path', schema: { type: 'integer', format: 'int64' } }],
        body: { required: true },
        security: [['basic']],
      },
      {
        body: {
          content: [
            {
              mediaType: 'multipart/form-data',
              schema: { properties: { photo: { type: 'string', format: 'binary' } }, required: ['photo'] },
            },
          ],
        },
      },
    ])
    expect(operations[0]?.body?.content[0]?.schema).toBe(schemas.Pet)
    expect(operations[0]?.responses[0]?.content[0]?.schema).toBe(schemas.Pet)
    expect(securitySchemes.basic).toMatchObject({ type: 'http', scheme: 'basic' })
    expect(securitySchemes.oauth?.flows.authorizationCode?.tokenUrl).toBe('https://a.example/token')
  })
})

describe('junk', () => {
  test.each([
    null,
    [],
    {},
    'text',
    7,
    { openapi: '2.0', paths: {} },
    { openapi: '3.1.0' },
    { openapi: '4.0.0', paths: {} },
    { asyncapi: '3.0.0' },
  ])('%j is no OpenAPI document', (given) => {
    expect(() => readDocument(given)).toThrow(TypeError)
  })

  test('any value in any place of a document never throws, and other operations stay', () => {
    const places: readonly ((value: unknown) => object)[] = [
      (value) => ({ paths: { '/a': value } }),
      (value) => ({ paths: { '/a': { get: value, parameters: value } } }),
      (value) => ({
        paths: { '/a': { get: { parameters: [value], responses: value, security: value, servers: value } } },
      }),
      (value) => ({ paths: { '/a': { get: { requestBody: value, responses: { 200: value }, tags: value } } } }),
      (value) => ({ paths: { '/a': { get: json(value) } } }),
      (value) => ({
        paths: { '/a': { get: json({ properties: value, allOf: [value], items: value, required: value }) } },
      }),
      (value) => ({
        components: { schemas: value, securitySchemes: { a: value, b: { type: 'oauth2', flows: value } } },
      }),
      (value) => ({ info: value, servers: value, security: value, components: value, 'x-turnpike': value }),
      (value) => ({ swagger: '2.0', openapi: undefined, securityDefinitions: value, definitions: value, host: value }),
      (value) => ({
        swagger: '2.0',
        openapi: undefined,
        paths: { '/a': { parameters: value, get: { parameters: [value], responses: { 200: value } } } },
      }),
    ]
    const keys = fc.constantFrom(
      ...[
        '$ref',
        'type',
        'properties',
        'allOf',
        'oneOf',
        'items',
        'name',
        'in',
        'schema',
        'content',
        'examples',
        'value',
      ],
      ...[
        'get',
        'parameters',
        'responses',
        'nullable',
        'required',
        'example',
        '__proto__',
        'constructor',
        'length',
        'headers',
      ],
    )
    const { value: any } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom('#/paths/~1a/get', '#', '#/', '#/components/schemas/a', 'path', '#/%', null, true, 0, 'object'),
        fc.jsonValue({ maxDepth: 2 }),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(keys, tie('value'), { maxKeys: 4 }),
      ),
    }))
    fc.assert(
      fc.property(fc.constantFrom(...places), any, (place, value) => {
        const { paths = {}, ...more } = place(value) as { paths?: object }
        const read = readDocument(document({ paths: { ...paths, '/sound': { get: {} } }, ...more }))
        expect(read.operations.some(({ id }) => id === 'GET /sound')).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  test('a document of nothing but faults names a thousand of them', () => {
    const paths = Object.fromEntries(Array.from({ length: 3000 }, (_, n) => [`/a${n}`, 7]))
    const { faults } = readDocument(document({ paths }))
    expect(faults).toHaveLength(1001)
    expect(faults.at(-1)).toBe('and 2000 more')
  })
})
