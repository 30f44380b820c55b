import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BareItem, type Item, isInnerList, parseItem, parseList } from 'structured-headers'
import { describe, expect, it } from 'vitest'
import { deprecation } from '../../src/guards/deprecation.ts'
import { rateLimitHeaders } from '../../src/guards/rate-limit-headers.ts'

interface Vector {
  readonly name: string
  readonly raw?: readonly string[]
  readonly header_type: 'item' | 'list' | 'dictionary'
  readonly expected?: unknown
  readonly must_fail?: boolean
  readonly can_fail?: boolean
  readonly canonical?: readonly string[]
}

const vectors = process.env.VECTORS
const read = (name: string): readonly Vector[] =>
  vectors ? JSON.parse(readFileSync(join(vectors, 'structured-field-tests', `${name}.json`), 'utf8')) : []

const label = (name: string) =>
  rateLimitHeaders([
    { name, limit: 1, windowSeconds: 1, remaining: 1, resetSeconds: 1, allowed: true },
  ]).ratelimit?.replace(/;r=1;t=1$/, '')

/** A parsed value in the notation of the vectors. */
function plain(value: BareItem): unknown {
  if (value instanceof Date) return { __type: 'date', value: value.getTime() / 1000 }
  // The vectors are JSON, where -0 is 0.
  if (value === 0) return 0
  return typeof value === 'object' ? { __type: 'token', value: String(value) } : value
}
const plainItem = ([value, parameters]: Item): unknown => [
  plain(value),
  [...parameters].map(([name, each]) => [name, plain(each)]),
]

describe.skipIf(!vectors)(`structured field vectors${vectors ? '' : ' (skipped: VECTORS is not set)'}`, () => {
  const strings = [...read('string'), ...read('string-generated')]
  const dates = read('date')

  it('are there', () => {
    expect(strings.length).toBeGreaterThan(200)
    expect(dates.length).toBeGreaterThan(10)
  })

  it.each(strings.filter((vector) => !vector.must_fail))(
    'RateLimit writes a limit name as a string: $name',
    ({ expected, raw, canonical }) => {
      const [name] = expected as [string, unknown]
      expect(label(name)).toBe((canonical ?? raw)?.[0])
    },
  )
  it.each(read('serialisation-tests/string-generated').filter((vector) => vector.must_fail))(
    'RateLimit refuses a limit name: $name',
    ({ expected }) => {
      const [name] = expected as [string, unknown]
      expect(() => label(name)).toThrow(RangeError)
    },
  )
  const secondsOf = ({ expected }: Vector) => (expected as [{ readonly value: number }, unknown])[0].value
  // Two vectors lie outside what a Date holds; a lifecycle is made of Dates.
  const writable = dates.filter(
    (vector) => !vector.must_fail && !Number.isNaN(new Date(secondsOf(vector) * 1000).getTime()),
  )
  it.each(writable)('Deprecation writes a date: $name', (vector) => {
    const deprecated = new Date(secondsOf(vector) * 1000)
    expect(deprecation({ deprecated }, 0).deprecation).toBe((vector.canonical ?? vector.raw)?.[0])
  })

  // The reader that the tests of these headers trust.
  const items = [...strings, ...read('token'), ...read('number'), ...read('item'), ...dates].filter(
    ({ header_type }) => header_type === 'item',
  )
  it.each(items)('the reader agrees on an item: $name', ({ raw, expected, must_fail, can_fail }) => {
    const act = () => plainItem(parseItem(raw?.join(', ') ?? ''))
    if (must_fail) expect(act).toThrow()
    else if (!can_fail) expect(act()).toEqual(expected)
  })
  const lists = [...read('list'), ...read('param-list')]
  it.each(lists)('the reader agrees on a list: $name', ({ raw, expected, must_fail, can_fail }) => {
    const act = () =>
      parseList(raw?.join(', ') ?? '').map((member) => (isInnerList(member) ? member : plainItem(member)))
    if (must_fail) expect(act).toThrow()
    else if (!can_fail) expect(act()).toEqual(expected)
  })
})
