import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDocumentText } from '../../../src/contract/from-openapi/parse-document.ts'
import { readDocument } from '../../../src/contract/from-openapi/read-document.ts'
import type { JsonSchema } from '../../../src/contract/schema.ts'
import { fits } from '../../../src/prover/plan/fits.ts'
import { matchingText } from '../../../src/prover/plan/matching-text.ts'
import { sampleOf } from '../../../src/prover/plan/sample.ts'
import { seeded } from '../../../src/prover/prove.ts'

const validates = (schema: object, value: unknown): boolean =>
  new Ajv2020({ strict: false, validateFormats: false, logger: false }).compile(schema)(value)

/** Schemas that something satisfies, by how they are made. */
const schemas: fc.Arbitrary<JsonSchema> = fc.letrec<{ schema: JsonSchema; scalar: JsonSchema }>((tie) => ({
  scalar: fc.oneof(
    fc
      .record({ least: fc.nat(30), room: fc.nat(30) })
      .map(({ least, room }) => ({ type: 'string', minLength: least, maxLength: least + room })),
    fc.constantFrom<JsonSchema>(
      { type: 'string', pattern: '^[A-Z]{2}-\\d{4,6}$' },
      { type: 'string', pattern: '^(?:inv|ord)_[0-9a-f]{8}$', maxLength: 12 },
      { type: 'string', pattern: '^#[0-9a-fA-F]{6}$' },
      { type: 'string', pattern: '^[^\\s@]+@[^\\s@]+\\.[a-z]{2,}$' },
      { type: 'string', pattern: '^[a-z0-9]+(-[a-z0-9]+)*$', minLength: 12, maxLength: 40 },
      { type: 'string', enum: ['admin', 'member', 'viewer'] },
      { const: 'fixed' },
      { type: ['string', 'null'] },
      { type: 'boolean' },
      { type: 'null' },
      { type: 'string', format: 'uuid' },
    ),
    fc
      .record({
        low: fc.integer({ min: -1000, max: 1000 }),
        width: fc.integer({ min: 1, max: 500 }),
        out: fc.boolean(),
      })
      .map(({ low, width, out }) => ({
        type: 'integer',
        [out ? 'exclusiveMinimum' : 'minimum']: low,
        maximum: low + width,
      })),
    fc
      .record({ step: fc.constantFrom(2, 5, 7, 0.5, 0.25), low: fc.integer({ min: -50, max: 50 }) })
      .map(({ step, low }) => ({ type: 'number', multipleOf: step, minimum: low, maximum: low + 20 })),
    fc
      .record({ low: fc.integer({ min: -5, max: 5 }) })
      .map(({ low }) => ({ type: 'number', exclusiveMinimum: low, exclusiveMaximum: low + 0.5 })),
  ) as fc.Arbitrary<JsonSchema>,
  schema: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('scalar'),
    fc
      .record({
        properties: fc.dictionary(
          fc.constantFrom('a', 'email', 'startDate', 'user_id', 'name', 'kind'),
          tie('schema'),
          { maxKeys: 4 },
        ),
        all: fc.boolean(),
      })
      .map(
        ({ properties, all }): JsonSchema => ({
          type: 'object',
          properties,
          required: all ? Object.keys(properties) : [],
          additionalProperties: false,
        }),
      ),
    fc
      .record({ items: tie('schema'), least: fc.nat(3), room: fc.nat(2) })
      .map(({ items, least, room }): JsonSchema => ({ type: 'array', items, minItems: least, maxItems: least + room })),
    fc
      .record({
        least: fc.nat(4),
        items: fc.constantFrom<JsonSchema>(
          { type: 'integer', minimum: 1 },
          { type: 'string', format: 'uuid' },
          { type: 'string', maxLength: 8 },
          { enum: ['a', 'b', 'c', 'd'] },
          { type: 'string', pattern: '^[a-z]{3}$' },
        ),
      })
      .map(({ least, items }): JsonSchema => ({ type: 'array', items, minItems: least, uniqueItems: true })),
    fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map(
      (options): JsonSchema => ({
        oneOf: options.map((each, index) => ({
          type: 'object',
          properties: { type: { const: `t${index}` }, value: each },
          required: ['type', 'value'],
        })),
        discriminator: { propertyName: 'type' },
      }),
    ),
    fc
      .record({ values: tie('scalar'), least: fc.nat(3) })
      .map(({ values, least }): JsonSchema => ({ type: 'object', additionalProperties: values, minProperties: least })),
    fc.tuple(tie('scalar'), tie('scalar')).map(
      ([one, other]): JsonSchema => ({
        allOf: [
          { type: 'object', properties: { one }, required: ['one'] },
          { type: 'object', properties: { other }, required: ['other'] },
        ],
      }),
    ),
  ) as fc.Arbitrary<JsonSchema>,
})).schema

describe('samples', () => {
  it('are what their schema asks for, whatever it is', () => {
    fc.assert(
      fc.property(schemas, fc.nat(), fc.boolean(), (schema, seed, optional) => {
        const value = sampleOf(schema, { random: seeded(seed), optional })
        expect(validates(schema, value), JSON.stringify({ schema, value })).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it('and our own check agrees with that of a validator', () => {
    fc.assert(
      fc.property(schemas, schemas, fc.nat(), (schema, other, seed) => {
        const value = sampleOf(other, { random: seeded(seed) })
        expect(fits(schema, value), JSON.stringify({ schema, value })).toBe(validates(schema, value))
      }),
      { numRuns: 60 },
    )
  })

  it('differ where a repetition would collide, and lie ahead where they are dates', () => {
    const schema: JsonSchema = {
      type: 'object',
      properties: {
        email: { type: 'string', format: 'email' },
        username: { type: 'string' },
        slug: { type: 'string', maxLength: 12 },
        title: { type: 'string' },
        checkOut: { type: 'string', format: 'date' },
        checkIn: { type: 'string', format: 'date' },
        birthDate: { type: 'string', format: 'date' },
      },
    }
    const random = seeded(7)
    const [one, other] = [sampleOf(schema, { random }), sampleOf(schema, { random })] as Record<string, string>[]
    for (const name of ['email', 'username', 'slug', 'title']) expect(one?.[name]).not.toBe(other?.[name])
    expect(String(one?.checkIn) > '2028').toBe(true)
    expect(String(one?.checkOut) > String(one?.checkIn)).toBe(true)
    expect(String(one?.birthDate) < '2010').toBe(true)
  })

  it('take the document’s own example of a value, and no role that lets more in', () => {
    const schema: JsonSchema = {
      type: 'object',
      properties: {
        vin: { type: 'string', examples: ['WVWZZZ1JZXW000001'] },
        short: { type: 'string', maxLength: 2, examples: ['too long'] },
        role: { enum: ['admin', 'user'] },
      },
    }
    expect(sampleOf(schema, { random: seeded(1) })).toMatchObject({ vin: 'WVWZZZ1JZXW000001', role: 'user' })
    expect((sampleOf(schema, { random: seeded(1) }) as { short: string }).short.length).toBeLessThanOrEqual(2)
  })

  it('end where a schema refers to itself', () => {
    const tree: Record<string, unknown> = {
      type: 'object',
      required: ['name'],
      properties: { name: { type: 'string' } },
    }
    Object.assign(tree.properties as object, {
      children: { type: 'array', items: tree },
      parent: { anyOf: [tree, { type: 'null' }] },
    })
    expect(fits(tree, sampleOf(tree, { random: seeded(1) }))).toBe(true)
    const endless: Record<string, unknown> = { type: 'object', required: ['next'], properties: {} }
    Object.assign(endless.properties as object, { next: endless })
    expect(() => sampleOf(endless, { random: seeded(1) })).not.toThrow()
  })
})

describe('texts of a pattern', () => {
  it.each([
    ['^\\d{3}-\\d{2}-\\d{4}$'],
    ['^(19|20)\\d\\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$'],
    ['^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'],
    ['^\\+[1-9]\\d{1,14}$'],
    ['^(?=.*[A-Z])(?=.*\\d)[A-Za-z\\d]{8,}$'],
    ["^[\\p{L} .'-]+$"],
    ['^(?<year>\\d{4})/\\k<year>|x$'],
    ['^([ab])\\1$'],
    ['^[\\w.+-]+@[\\w-]+\\.[\\w.]+$'],
    ['^#?([a-fA-F0-9]{6}|[a-fA-F0-9]{3})$'],
    ['^[^<>"]*$'],
    ['^0x[0-9a-f]{40}$'],
    ['^arn:aws:[a-z]+::\\d{12}:[\\w+=/,.@-]+$'],
    ['(foo|bar)baz'],
    ['^\\u0041\\x42$'],
  ])('%s', (pattern) => {
    const random = seeded(3)
    for (let times = 0; times < 10; times++) expect(matchingText(pattern, random)).toMatch(new RegExp(pattern, 'u'))
  })

  it('keep lengths', () => {
    expect(matchingText('^[a-z]+$', seeded(1), { least: 50, most: 50 })).toMatch(/^[a-z]{50}$/)
    expect(matchingText('^[a-z]*$', seeded(1), { least: 3, most: 3 })).toHaveLength(3)
  })

  it('are null where there is none, or no pattern', () => {
    expect(matchingText('^a$', seeded(1), { least: 2 })).toBeNull()
    expect(matchingText('^(', seeded(1))).toBeNull()
    expect(matchingText('^(?!)$', seeded(1))).toBeNull()
  })

  it('match, for patterns made of what documents use', () => {
    const piece = fc.oneof(
      fc.constantFrom('[a-z]', '[A-Z0-9_]', '\\d', '\\w', '[^/]', '.', 'a', '-', '\\.', '(?:x|yz)', '(q|r)', '\\p{Lu}'),
    )
    const counted = fc
      .tuple(piece, fc.constantFrom('', '?', '*', '+', '{2}', '{1,3}', '{2,}'))
      .map(([one, count]) => one + count)
    fc.assert(
      fc.property(
        fc.array(counted, { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        fc.nat(),
        (pieces, anchored, seed) => {
          const pattern = anchored ? `^${pieces.join('')}$` : pieces.join('')
          expect(matchingText(pattern, seeded(seed)), pattern).toMatch(new RegExp(pattern, 'u'))
        },
      ),
      { numRuns: 200 },
    )
  })
})

const { VECTORS } = process.env

describe.skipIf(VECTORS === undefined)('request schemas of published documents (needs VECTORS)', () => {
  it('get a sample that fits', () => {
    const folder = join(VECTORS ?? '', 'openapi-examples')
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'))
    let count = 0
    const wrong: string[] = []
    for (const file of files) {
      const text = readFileSync(join(folder, file), 'utf8')
      let document: ReturnType<typeof readDocument>
      try {
        document = readDocument(parseDocumentText(text, file))
      } catch {
        continue
      }
      for (const { id, body } of document.operations)
        for (const { schema, mediaType } of body?.content ?? []) {
          count++
          if (!fits(schema, sampleOf(schema, { random: seeded(count) }))) wrong.push(`${file} ${id} ${mediaType}`)
        }
    }
    // The rest are alternatives of which nothing tells one from the other: no value is of one alone.
    expect(wrong.length, `${count - wrong.length} of ${count} fit; not ${wrong.join(', ')}`).toBeLessThanOrEqual(4)
    expect(count).toBeGreaterThan(200)
  })
})
