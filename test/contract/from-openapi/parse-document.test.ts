import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { noticedIn, parseDocumentText } from '../../../src/contract/from-openapi/parse-document.ts'
import { readDocument } from '../../../src/contract/from-openapi/read-document.ts'

const parse = (text: string) => parseDocumentText(text, 'api.yaml')

test('JSON, YAML, JSON with comments and a byte order mark are read', () => {
  expect(parse('{"a": [1]}')).toEqual({ a: [1] })
  expect(parse('a:\n  - 1\n')).toEqual({ a: [1] })
  expect(parse('{\n  "a": [1], # a note\n}')).toEqual({ a: [1] })
  expect(parse('\uFEFF{"a": 1}')).toEqual({ a: 1 })
  expect(parse('base: &base { a: 1 }\nheir: { <<: *base, b: 2 }')).toMatchObject({ heir: { a: 1, b: 2 } })
})

test('what YAML says is what JSON says', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const plain: unknown = JSON.parse(JSON.stringify(value))
      expect(parse(stringify(plain))).toEqual(plain)
    }),
  )
})

test.each([
  ['{"a": 1,, "b" 2}', /^api\.yaml is no JSON or YAML that can be read: .*line 1, column/],
  ['a: [1\nb: 2', /line 2, column 1/],
  ['a: *gone', /alias/],
  ['a: 1\n---\nb: 2', /line 2, column 1/],
])('%j is refused with its place', (text, message) => {
  expect(() => parse(text)).toThrow(TypeError)
  expect(() => parse(text)).toThrow(message)
})

test('a bomb of aliases, a text that nests without end and one that is too long are refused', () => {
  const levels = Array.from(
    { length: 12 },
    (_, n) =>
      `a${n}: &a${n} [${Array(10)
        .fill(n === 0 ? 'x' : `*a${n - 1}`)
        .join(', ')}]`,
  )
  expect(() => parse(levels.join('\n'))).toThrow(/alias/i)
  expect(() => parse(`a: ${'['.repeat(50_000)}`)).toThrow(TypeError)
  expect(() => parse(' '.repeat(50_000_001))).toThrow(RangeError)
})

test('a key that stands twice is told; the last one counts', () => {
  const text = 'openapi: 3.0\ninfo: { title: First, title: Second }\npaths: {}\n'
  expect(noticedIn(parse(text))).toEqual(['line 2, column 23: the key title stands twice; the last one counts'])
  const { title, faults } = readDocument(parse(text))
  expect(title).toBe('Second')
  expect(faults).toEqual(['the document: line 2, column 23: the key title stands twice; the last one counts'])
})
