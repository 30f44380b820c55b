import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Refusal } from '../../src/base/refusal.ts'
import { type JsonSchema, jsonSchemaOf } from '../../src/contract/schema.ts'
import { decodeQuery, decodeText } from '../../src/guards/decode.ts'

const integer: JsonSchema = { type: 'integer' }
const number: JsonSchema = { type: 'number' }
const boolean: JsonSchema = { type: 'boolean' }
const string: JsonSchema = { type: 'string' }

function faultsOf(act: () => unknown): Record<string, string> {
  try {
    act()
  } catch (error) {
    if (error instanceof Refusal && error.code === 'invalid_input')
      return Object.fromEntries(error.faults.map(({ at, message }) => [at, message]))
    throw error
  }
  throw new Error('it was accepted')
}

describe('text by its schema', () => {
  it.each<[string, JsonSchema, unknown]>([
    ['0', integer, 0],
    ['20', integer, 20],
    ['-3', integer, -3],
    ['9007199254740991', integer, 9007199254740991],
    ['0', number, 0],
    ['-1.5', number, -1.5],
    ['0.1', number, 0.1],
    ['100.25', number, 100.25],
    ['true', boolean, true],
    ['false', boolean, false],
    ['', string, ''],
    [' 0x14 ', string, ' 0x14 '],
    ['1', {}, '1'],
    ['5', { anyOf: [integer, { type: 'null' }] }, 5],
    ['5', { type: ['integer', 'null'] }, 5],
    ['5', { oneOf: [integer, { const: 'all' }] }, 5],
    ['all', { oneOf: [integer, { const: 'all' }] }, 'all'],
    ['5', { anyOf: [integer, string] }, '5'],
    ['b', { enum: ['a', 'b'] }, 'b'],
    ['2', { enum: [1, 2] }, 2],
    ['true', { const: true }, true],
    ['5', { allOf: [{ minimum: 1 }, integer] }, 5],
    ['5', { $ref: '#/$defs/n', $defs: { n: integer } }, 5],
  ])('%j by %j is %j', (text, schema, value) => {
    expect(decodeText(text, schema, '/x')).toBe(value)
  })

  it.each<[string, JsonSchema]>([
    ...[
      '',
      ' 20',
      '20 ',
      '+20',
      '020',
      '0x14',
      '2e1',
      '20.0',
      '20.',
      '-0',
      '1_000',
      '1,000',
      '٣',
      '9007199254740992',
      'NaN',
      'Infinity',
      'null',
      '--1',
      '0b1',
      '1n',
    ].map((text): [string, JsonSchema] => [text, integer]),
    ...[
      '',
      '.5',
      '5.',
      '1.50',
      '1.0',
      '-0',
      '-0.0',
      '0.0',
      '1e3',
      '1E3',
      '00.5',
      '0.1000000000000000055',
      '9007199254740993',
      '9007199254740992',
      'Infinity',
      '1.5 ',
    ].map((text): [string, JsonSchema] => [text, number]),
    ...['', '0', '1', 'TRUE', 'True', 'yes', 'on', ' true', 'null'].map((text): [string, JsonSchema] => [
      text,
      boolean,
    ]),
    ['null', { anyOf: [integer, { type: 'null' }] }],
    ['c', { enum: ['a', 'b'] }],
    ['ALL', { oneOf: [integer, { const: 'all' }] }],
    ['', { enum: ['a'] }],
    ['x', { type: 'null' }],
  ])('refuses %j by %j', (text, schema) => {
    expect(Object.keys(faultsOf(() => decodeText(text, schema, '/params/id')))).toEqual(['/params/id'])
  })

  it('an integer has one spelling: what is accepted prints as it was written', () => {
    const text = fc.oneof(fc.maxSafeInteger().map(String), fc.string({ unit: fc.constantFrom(...'0123456789+-. ex_') }))
    fc.assert(
      fc.property(text, fc.constantFrom(integer, number), (given, schema) => {
        let value: unknown
        try {
          value = decodeText(given, schema, '/x')
        } catch {
          if (schema === integer)
            expect(/^(0|-?[1-9]\d*)$/.test(given) && Number.isSafeInteger(Number(given))).toBe(false)
          return
        }
        expect(typeof value).toBe('number')
        if (schema === integer || !String(value).includes('e')) expect(String(value)).toBe(given)
      }),
      { numRuns: 1000 },
    )
  })

  it('refuses a schema that text cannot carry', () => {
    expect(() => decodeText('x', { type: 'object' }, '/x')).toThrow(TypeError)
    expect(() =>
      decodeQuery('x=1', { properties: { x: { type: 'array', items: { type: 'array', items: integer } } } }),
    ).toThrow(TypeError)
    const loop: JsonSchema = { anyOf: [{ $ref: '#' }, integer] }
    expect(() => decodeText('x', loop, '/x')).toThrow(TypeError)
  })
})

const query = jsonSchemaOf(
  z.strictObject({
    limit: z.int().min(1).max(100).default(20),
    exact: z.boolean().optional(),
    name: z.string().max(50).optional(),
    status: z.enum(['open', 'paid']).optional(),
    min: z.number().nullable().optional(),
    tag: z.array(z.string()).max(5).optional(),
    id: z.array(z.int()).optional(),
  }),
  'input',
)

describe('query by its schema', () => {
  it('reads each parameter by its type into an object without prototype', () => {
    const value = decodeQuery(
      'limit=20&exact=false&name=a%20%2B%26%C3%A9&status=paid&min=1.5&tag=a&tag=&id=7&id=7',
      query,
    )
    expect({ ...value }).toEqual({
      limit: 20,
      exact: false,
      name: 'a +&é',
      status: 'paid',
      min: 1.5,
      tag: ['a', ''],
      id: [7, 7],
    })
    expect(Object.getPrototypeOf(value)).toBeNull()
  })
  it('leaves what is absent absent, and accepts an empty string for a string', () => {
    expect({ ...decodeQuery('', query) }).toEqual({})
    expect({ ...decodeQuery('name=', query) }).toEqual({ name: '' })
    expect({ ...decodeQuery('tag=a', query) }).toEqual({ tag: ['a'] })
    expect({ ...decodeQuery('name=a=b?c/d', query) }).toEqual({ name: 'a=b?c/d' })
    expect({ ...decodeQuery('%6Cimit=5&name=%7e', query) }).toEqual({ limit: 5, name: '~' })
  })
  it.each([
    ['role=admin', '/query/role', 'unknown parameter'],
    ['__proto__=x', '/query/__proto__', 'unknown parameter'],
    ['__proto__[admin]=true', '/query/__proto__[admin]', 'unknown parameter'],
    ['constructor=x', '/query/constructor', 'unknown parameter'],
    ['toString=x', '/query/toString', 'unknown parameter'],
    ['tag[]=a', '/query/tag[]', 'unknown parameter'],
    ['Limit=5', '/query/Limit', 'unknown parameter'],
    ['a%2Fb~c=5', '/query/a~1b~0c', 'unknown parameter'],
    ['limit=1&limit=2', '/query/limit', 'repeated'],
    ['limit=1&limit=1', '/query/limit', 'repeated'],
    ['limit=1&%6cimit=1', '/query/limit', 'repeated'],
    ['limit=', '/query/limit', 'expected an integer, written like 20 or -3'],
    ['limit=2e1', '/query/limit', 'expected an integer, written like 20 or -3'],
    ['id=1&id=x', '/query/id', 'expected an integer, written like 20 or -3'],
    ['exact=1', '/query/exact', 'expected true or false'],
    ['status=Open', '/query/status', 'expected "open" or "paid"'],
    ['name=a+b', '/query/name', 'not valid percent-encoded UTF-8; write a space as %20 and a plus as %2B'],
    ['name=%', '/query/name', 'not valid percent-encoded UTF-8; write a space as %20 and a plus as %2B'],
    ['name=%C0%AF', '/query/name', 'not valid percent-encoded UTF-8; write a space as %20 and a plus as %2B'],
    ['name=%00', '/query/name', 'not valid percent-encoded UTF-8; write a space as %20 and a plus as %2B'],
    ['%=1', '/query', 'a name is not valid percent-encoded UTF-8'],
    ['=1', '/query', 'expected name=value pairs separated by single "&"'],
    ['limit', '/query', 'expected name=value pairs separated by single "&"'],
    ['limit=1&', '/query', 'expected name=value pairs separated by single "&"'],
    ['limit=1&&exact=true', '/query', 'expected name=value pairs separated by single "&"'],
  ])('lesson 21: refuses %s', (raw, at, message) => {
    expect(faultsOf(() => decodeQuery(raw, query))).toEqual({ [at]: message })
  })
  it('names all faults at once, but no more than twenty, and no endless name', () => {
    expect(Object.keys(faultsOf(() => decodeQuery('limit=x&role=admin&exact=maybe', query)))).toEqual([
      '/query/limit',
      '/query/role',
      '/query/exact',
    ])
    expect(
      Object.keys(faultsOf(() => decodeQuery(Array.from({ length: 500 }, (_, at) => `x${at}=1`).join('&'), query))),
    ).toHaveLength(20)
    expect(Object.keys(faultsOf(() => decodeQuery(`${'x'.repeat(5000)}=1`, query)))[0]).toHaveLength(71)
  })
  it('a string goes through whole, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
        (text) => {
          expect(decodeQuery(`name=${encodeURIComponent(text)}`, query).name).toBe(text)
        },
      ),
    )
  })
  it('any query is read or refused as input, and never invents a name', () => {
    const scraps = fc.array(
      fc.constantFrom('limit', 'tag', 'name', '__proto__', '=', '&', '%', '%61', '+', '[]', '1', 'x', ';', '?'),
      { maxLength: 15 },
    )
    fc.assert(
      fc.property(scraps, (pieces) => {
        try {
          for (const name of Object.keys(decodeQuery(pieces.join(''), query)))
            expect(query.properties).toHaveProperty(name)
        } catch (error) {
          expect((error as Refusal).code).toBe('invalid_input')
        }
      }),
      { numRuns: 1000 },
    )
  })
})
