import { describe, expect, it } from 'vitest'
import { after as goOn } from '../../src/base/eventually.ts'

const withThen = (then: unknown): unknown => Object.fromEntries([['then', then]])

describe('after', () => {
  it('goes on at once with a value that is there', () => {
    expect(goOn(2, (value) => value + 1)).toBe(3)
    expect(goOn(null, (value) => value)).toBeNull()
    expect(goOn(withThen('a row may have such a column'), () => 'at once')).toBe('at once')
  })

  it('waits for promises and for whatever else await waits for', async () => {
    const thenable = withThen((done: (value: number) => void) => done(2)) as Promise<number>
    for (const value of [Promise.resolve(2), thenable]) {
      const given = goOn(value, (one) => one + 1)
      expect(given).toBeInstanceOf(Promise)
      expect(await given).toBe(3)
    }
  })

  it('leaves failures to the caller, thrown or rejected as they came', async () => {
    const fail = () => {
      throw new RangeError('no')
    }
    expect(() => goOn(1, fail)).toThrow('no')
    await expect(goOn(Promise.resolve(1), fail)).rejects.toThrow('no')
    await expect(goOn(Promise.reject(new RangeError('before')), () => 1)).rejects.toThrow('before')
  })
})
