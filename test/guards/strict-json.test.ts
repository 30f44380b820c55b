import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../../src/base/refusal.ts'
import { mediaTypeOf, parseStrictJson } from '../../src/guards/strict-json.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)
const parse = (text: string, maxDepth = 32) => parseStrictJson(bytesOf(text), { maxDepth })

function detailOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof Refusal && error.code === 'bad_json') return error.detail
    throw error
  }
  throw new Error('it was accepted')
}

describe('strict JSON', () => {
  it.each([
    '{}',
    '[]',
    'null',
    'true',
    '""',
    '0',
    '-0',
    '1.50',
    '1e2',
    '1E+2',
    '0.1',
    '0e99',
    '-1.5e-7',
    '9007199254740991',
    '-9007199254740991',
    '1e20',
    '123e45',
    '0.30000000000000004',
    ' {"a" : [1 , {"a": 2}, "a"], "b":{"a":null}} ',
    '{"a":"{\\"a\\":1,\\"a\\":2}"}',
    '{"a":"\\\\","b":"\\""}',
    '"\\ud83d\\ude00"',
    '"😀"',
    '["a","a"]',
    '{"a":{"b":1},"b":{"a":1}}',
    '[{"a":1},{"a":1}]',
    '{"_proto_":1,"Constructor":2}',
    '"__proto__"',
    '{"a":"constructor"}',
  ])('accepts %s as JSON.parse does', (text) => {
    expect(parse(text)).toEqual(JSON.parse(text))
  })

  it.each([
    ['{"a":1,"a":1}', 'a repeated key'],
    ['{"a":1,"\\u0061":2}', 'a repeated key'],
    ['{"\\u0061":1,"a":2}', 'a repeated key'],
    ['{"a":{"b":1,"b":1}}', 'a repeated key'],
    ['{"a":[{}],"a" \n:1}', 'a repeated key'],
    ['{"":1,"":1}', 'a repeated key'],
    ['{"a":{"x":1},"b":[],"a":2}', 'a repeated key'],
    ['{"__proto__":{}}', 'the key __proto__'],
    ['{"\\u005f_proto__":{}}', 'the key __proto__'],
    ['[{"x":{"constructor":{"prototype":{}}}}]', 'the key constructor'],
    ['{"prototype":1}', 'the key prototype'],
    ['"\\ud800"', 'a lone surrogate'],
    ['"\\udc00\\ud800"', 'a lone surrogate'],
    ['{"\\ud800":1}', 'a lone surrogate'],
    ['"a\\u0000b"', 'the character U+0000'],
    ['{"a\\u0000":1}', 'the character U+0000'],
    ['"\\n\\uDBFF x"', 'a lone surrogate'],
    ['9007199254740992', 'an integer beyond 2^53 - 1'],
    ['{"id":-9007199254740993}', 'an integer beyond 2^53 - 1'],
    ['1e999', 'a number beyond the range of a double'],
    ['[-1e999]', 'a number beyond the range of a double'],
    ['9'.repeat(400), 'a number beyond the range of a double'],
    ['1e-999', 'a number that a double cannot hold'],
    ['0.1000000000000000055511151231257827', 'a number that a double cannot hold'],
    ['1.00000000000000000001', 'a number that a double cannot hold'],
    ['9007199254740993.0', 'a number that a double cannot hold'],
    ['\ufeff{}', 'a byte order mark'],
    ['', 'not JSON'],
    ['{', 'not JSON'],
    ['"', 'not JSON'],
    ['"\\', 'not JSON'],
    ['{"a":01}', 'not JSON'],
    ['-', 'not JSON'],
    ['{"a":1,}', 'not JSON'],
    ["{'a':1}", 'not JSON'],
    ['NaN', 'not JSON'],
    ['{} {}', 'not JSON'],
    [']', 'not JSON'],
  ])('lesson 21: refuses %s: %s', (text, detail) => {
    expect(detailOf(() => parse(text))).toBe(detail)
  })

  it.each([
    [[0xff]],
    [[0x22, 0xc0, 0xaf, 0x22]],
    [[0x22, 0xed, 0xa0, 0x80, 0x22]],
    [[0x22, 0xc3, 0x22]],
    [[0xff, 0xfe, 0x7b, 0x00]],
  ])('refuses the bytes %j', (bytes) => {
    expect(detailOf(() => parseStrictJson(Uint8Array.from(bytes), { maxDepth: 8 }))).toBe('not UTF-8')
  })

  it('reads a view into a larger buffer', () => {
    const buffer = bytesOf('xx{"a":1}yy')
    expect(parseStrictJson(buffer.subarray(2, 9), { maxDepth: 8 })).toEqual({ a: 1 })
  })

  it('names no content of the body in its detail', () => {
    expect(detailOf(() => parse('{"password":"hunter2",,}'))).not.toContain('hunter2')
    expect(detailOf(() => parse('{"hunter2":1,"hunter2":2}'))).not.toContain('hunter2')
  })

  it('counts depth, and refuses 10,000 levels before the parser sees them', () => {
    expect(parse('[[[]]]', 3)).toEqual([[[]]])
    expect(detailOf(() => parse('[[[[]]]]', 3))).toBe('nested deeper than 3')
    expect(detailOf(() => parse('{"a":[{"b":[]}]}', 3))).toBe('nested deeper than 3')
    expect(parse('[[],[],[],[]]', 2)).toEqual([[], [], [], []])
    for (const open of ['[', '{"a":', '[{"a":'])
      expect(detailOf(() => parse(open.repeat(10_000)))).toBe('nested deeper than 32')
    expect(detailOf(() => parse('[]', Number.NaN))).toMatch('nested deeper')
  })

  it('lesson 21: finds a repetition among many keys, wherever it stands', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ maxLength: 6 }), { minLength: 1, maxLength: 60 }),
        fc.nat(),
        fc.nat(),
        (names, from, to) => {
          const keys = names
            .filter((name) => !['__proto__', 'constructor', 'prototype'].includes(name))
            .map((name) => JSON.stringify(name))
          fc.pre(keys.length > 0)
          const write = (list: readonly string[]) => `{${list.map((key) => `${key}:{"x":1,"y":[]}`).join(',')}}`
          expect(parse(write(keys))).toEqual(JSON.parse(write(keys)))
          expect(
            detailOf(() => parse(write(keys.toSpliced(to % (keys.length + 1), 0, keys[from % keys.length] as string)))),
          ).toBe('a repeated key')
        },
      ),
    )
  })

  const SCRAPS = [
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"a"',
    '"b"',
    '"\\u0061"',
    '"\\\\"',
    '"\\"',
    '"',
    '\\',
    '1',
    '-',
    '.5',
    'e9',
    'true',
    'null',
    ' ',
    '\n',
    '"__proto__"',
    '"é"',
  ]

  it('lesson 21: any text and bytes are read as JSON.parse reads them, or refused', () => {
    const text = fc.oneof(
      fc.json({ maxDepth: 4 }),
      fc.array(fc.constantFrom(...SCRAPS), { maxLength: 20 }).map((scraps) => scraps.join('')),
      fc.string(),
    )
    const input = fc.oneof(text.map(bytesOf), fc.uint8Array({ maxLength: 40 }))
    fc.assert(
      fc.property(input, (bytes) => {
        let value: unknown
        try {
          value = parseStrictJson(bytes, { maxDepth: 16 })
        } catch (error) {
          expect((error as Refusal).code).toBe('bad_json')
          return
        }
        expect(value).toEqual(JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)))
      }),
      { numRuns: 3000 },
    )
  })

  it('accepts every value that JSON.stringify wrote', () => {
    const key = fc
      .string({ unit: 'grapheme', maxLength: 8 })
      .filter((name) => !['__proto__', 'constructor', 'prototype'].includes(name))
    const number = fc.oneof(
      fc.maxSafeInteger(),
      fc
        .double({ noDefaultInfinity: true, noNaN: true })
        .filter((it) => !Number.isInteger(it) || Number.isSafeInteger(it)),
    )
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        number,
        fc.string({ unit: 'grapheme' }),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(key, tie('value'), { maxKeys: 15 }),
      ),
    }))
    fc.assert(
      fc.property(value, (given) => {
        const text = JSON.stringify(given)
        expect(parse(text, 100)).toEqual(JSON.parse(text))
      }),
    )
  })
})

describe('media type', () => {
  it.each([
    ['application/json', 'application/json', null],
    ['Application/JSON', 'application/json', null],
    ['application/json;charset=utf-8', 'application/json', 'utf-8'],
    ['application/json; charset=UTF-8', 'application/json', 'utf-8'],
    ['application/json ; charset="utf-8"', 'application/json', 'utf-8'],
    ['application/json; charset=latin1', 'application/json', 'latin1'],
    ['application/problem+json', 'application/problem+json', null],
    ['text/plain', 'text/plain', null],
  ])('lesson 6: %j is %s', (text, type, charset) => {
    expect(mediaTypeOf(text)).toEqual({ type, charset })
  })
  it.each([
    undefined,
    '',
    ' ',
    'json',
    'application/',
    '/json',
    'application/json;',
    'application/json; ',
    ' application/json',
    'application/json ',
    'application/json\t;charset=utf-8',
    'application/json;\tcharset=utf-8',
    'application/json  ; charset=utf-8',
    'application /json',
    'application/json; charset',
    'application/json; charset=',
    'application/json; charset=utf-8; charset=utf-16',
    'application/json; version=1',
    'application/json; charset=utf-8;',
    'application/json, text/plain',
    'application/json charset=utf-8',
    'application/json; charset = utf-8',
    "application/json; charset='utf-8'",
    'application/json\u00a0',
    'application/json\u000b',
    'a/b/c',
  ])('lesson 6: %j is none', (text) => {
    expect(mediaTypeOf(text)).toBeNull()
  })
})
