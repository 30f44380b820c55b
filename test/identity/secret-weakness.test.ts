import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { secretWeakness } from '../../src/identity/secret-weakness.ts'

describe('secretWeakness', () => {
  it('never minds random bytes, raw or written down', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('raw', 'hex', 'base64', 'base64url'),
        fc.integer({ min: 32, max: 64 }),
        (form, size) => {
          const bytes = randomBytes(size)
          return secretWeakness(form === 'raw' ? bytes : Buffer.from(bytes.toString(form as 'hex')), 32) === null
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('takes a random text that happens to have no digit', () => {
    expect(secretWeakness(Buffer.from('kQvRzTnXbJwHdPyLmCsGfUaEoIqNVtWxZrYkBjDhMcS'), 32)).toBeNull()
  })

  it.each([
    ['', 'is missing'],
    ['x'.repeat(31), 'has 248 bits, not 256'],
    ['ab'.repeat(20), 'repeats too few bytes to be random'],
    ['ABCDEFGHIJKLMNOPQRSTUVWXYZ123456789', 'counts in regular steps'],
    ['0a6b944d-d2fb-46fc-a85e-0295c986cd9f', 'is a UUID, which has 122 bits'],
    ['0a6b944dd2fb46fca85e0295c986cd9f', 'is a UUID, which has 122 bits'],
    ['your_super_secret_value_number_1', 'is a placeholder'],
    ['CorrectHorseBatteryStapleCorrectHorse', 'is made of words'],
    ['SHOUTING-MAKES-A-TEXT-NO-LESS-WORDY', 'is made of words'],
    ['when in doubt, write a longer sentence', 'is made of words'],
  ])('%j %s', (text, weakness) => {
    expect(secretWeakness(Buffer.from(text), 32)).toBe(weakness)
  })
})
