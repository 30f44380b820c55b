import { describe, expect, it } from 'vitest'
import { regexpOf } from '../../../src/prover/plan/document-pattern.ts'
import { fits } from '../../../src/prover/plan/fits.ts'
import { matchingText } from '../../../src/prover/plan/matching-text.ts'
import { sampleText } from '../../../src/prover/plan/sample-text.ts'
import { seeded } from '../../../src/prover/prove.ts'

/** Each would run for longer than the universe has been there. */
const CATASTROPHIC = ['^(x+)+!$', '^(.*)*(.*)*(.*)*!$', '^(\\w+\\s?)+:$', '^(a|a|x|x)*!$', '(x?){60}x{60}!']

describe('a pattern of a document', () => {
  it.each(CATASTROPHIC)('%s ends, and says nothing', (pattern) => {
    expect(regexpOf(pattern)?.test('x'.repeat(5000))).not.toBe(true)
    const sample = sampleText({ pattern, minLength: 40 }, { name: 'code', random: seeded(1), turn: 0 })
    expect(sample.length).toBeLessThanOrEqual(100_000)
  })

  it('that took too long is not held against a value', () => {
    const pattern = '^(x+)+!$'
    expect(regexpOf(pattern)?.test('x'.repeat(5000))).toBeNull()
    expect(fits({ type: 'string', pattern }, 'x'.repeat(5000))).toBe(true)
  })

  it('that counts within counts is written no further than there is room', () => {
    const text = matchingText('^((a{999}){999}){999}$', seeded(1))
    expect(text).toBeNull()
  })

  it('that nests deeper than it can be read is let be', () => {
    expect(() => matchingText(`${'('.repeat(990)}a${')'.repeat(990)}`, seeded(1))).not.toThrow()
  })

  it('and a length without measure fill no memory', () => {
    const state = { name: 'text', random: seeded(1), turn: 0 }
    expect(sampleText({ minLength: 5_000_000_000 }, state).length).toBeLessThanOrEqual(100_000)
    expect(sampleText({ minLength: 5_000_000_000, pattern: '^a+$' }, state).length).toBeLessThanOrEqual(100_000)
  })

  it('is matched as ever', () => {
    expect(regexpOf('^[A-Z]{2}-\\d{4}(?:-[a-z]+)*$')?.test('AB-1234-x-y')).toBe(true)
    expect(regexpOf('^[A-Z]{2}-\\d{4}(?:-[a-z]+)*$')?.test('AB-12')).toBe(false)
    expect(regexpOf('(')).toBeNull()
  })
})
