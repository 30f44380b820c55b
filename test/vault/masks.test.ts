import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Mask, mask } from '../../src/vault/index.ts'

/** Longest common subsequence: what a reader can take over from the mask, in order. Written apart from the mask's own check. */
function readable(value: string, masked: string): number {
  const a = [...value]
  const b = [...masked]
  let row = new Array<number>(b.length + 1).fill(0)
  for (const one of a) {
    const next = [0]
    for (let j = 0; j < b.length; j++) {
      next.push(one === b[j] ? (row[j] as number) + 1 : Math.max(row[j + 1] as number, next[j] as number))
    }
    row = next
  }
  return row[b.length] as number
}

const holdsForAll = (kind: Mask, values: fc.Arbitrary<string>) =>
  fc.assert(
    fc.property(values, (value) => {
      expect(readable(value, mask(kind, value))).toBeLessThanOrEqual([...value].length / 2)
    }),
    { numRuns: 1000 },
  )

const anyText = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: fc.constantFrom('*', '•', '#', 'a', '1', '@', '.', ' '), maxLength: 20 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 }).map((units) => String.fromCharCode(...units)),
  fc.emailAddress(),
  fc.stringMatching(/^\d{1,20}$/),
  fc.stringMatching(/^\+?[0-9 ()-]{1,20}$/),
)

describe('mask', () => {
  it.each([
    ['card', '4111111111111234', '**** **** **** 1234'],
    ['card', '4111 1111 1111 1234', '**** **** **** 1234'],
    ['card', '3782-822463-10005', '**** **** **** 0005'],
    ['card', '123456789012', '**** **** **** 9012'],
    ['card', '12345678901', '****'],
    ['card', 'not a card number', '****'],
    ['email', 'alice@example.com', 'a***@***.com'],
    ['email', 'ab@example.com', 'a***@***.com'],
    ['email', 'a@example.com', '***@***.com'],
    ['email', 'ab@x.io', '****'],
    ['email', 'no address', '****'],
    ['email', 'a@b@example.com', '****'],
    ['phone', '+49 170 1234567', '*** 567'],
    ['phone', '(555) 123-4567', '*** 567'],
    ['phone', '112', '****'],
    ['last4', '12345678', '****5678'],
    ['last4', '1234567', '****'],
    ['last4', '', '****'],
  ] as const)('%s of "%s" is "%s"', (kind, value, masked) => {
    expect(mask(kind, value)).toBe(masked)
  })

  it('masks numbers and booleans', () => {
    expect(mask('last4', 12_345_678)).toBe('****5678')
    expect(mask('card', 4_111_111_111_111_234)).toBe('**** **** **** 1234')
    expect(mask('last4', true)).toBe('****')
  })

  it.each(['card', 'email', 'phone', 'last4'] as const)('%s shows at most half of any text', (kind) => {
    holdsForAll(kind, anyText)
  })

  it.each<[string, (value: string) => string | null]>([
    ['the whole', (value) => value],
    ['all but one', (value) => value.slice(1)],
    ['it backwards', (value) => [...value].reverse().join('')],
    ['it between stars', (value) => [...value].join('*')],
    ['it twice', (value) => value + value],
    ['the first half and one', (value) => [...value].slice(0, [...value].length / 2 + 1).join('')],
    ['a constant', () => 'hidden a1@.com'],
    ['nothing', () => ''],
    ['null', () => null],
  ])('a custom mask that shows %s shows at most half of any text', (_, custom) => {
    holdsForAll(custom, anyText)
  })

  it.each([
    ['backwards', (value: string) => [...value].reverse().join('')],
    ['in upper case', (value: string) => value.toUpperCase()],
    [
      'in another width',
      (value: string) =>
        [...value].map((one) => String.fromCodePoint((one.codePointAt(0) as number) + 0xfee0)).join(''),
    ],
    ['with something between', (value: string) => [...value].join('-')],
    ['as an object', ((value: string) => ({ toString: () => value })) as never],
    [
      'in an exception',
      (value: string) => {
        throw new Error(value)
      },
    ],
  ])('a custom mask that shows it %s hides everything', (_, custom) => {
    expect(mask(custom, 'top-secret-value')).toBe('****')
  })

  it('lets a custom mask show half', () => {
    expect(mask((value) => `${value.slice(0, 4)}...`, 'abcdefgh')).toBe('abcd...')
    expect(mask((value) => `${value.slice(0, 5)}...`, 'abcdefgh')).toBe('****')
  })

  it('hides a value of stars behind other signs', () => {
    expect(mask('last4', '****')).toBe('••••')
    expect(mask('last4', '*•*•')).toBe('####')
    expect(mask('last4', '*•#')).toBe('')
  })

  it.each(['cards', 'toString', '__proto__', ''])('refuses the unknown mask "%s"', (kind) => {
    expect(() => mask(kind as Mask, 'x')).toThrow(TypeError)
  })
})
