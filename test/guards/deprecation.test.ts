import { type BareItem, parseItem } from 'structured-headers'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../../src/base/refusal.ts'
import { deprecation } from '../../src/guards/deprecation.ts'

const deprecated = new Date('2026-01-01T00:00:00.500Z')
const sunset = new Date('2026-11-24T11:30:44Z')
const link = 'https://docs.example.com/v0'

describe('deprecation', () => {
  it('says nothing of an endpoint that lives', () => {
    expect(deprecation({}, 0)).toEqual({})
    expect(deprecation({ link }, 0)).toEqual({})
  })
  it('writes Deprecation, Sunset and Link, once for a lifecycle', () => {
    const lifecycle = { deprecated, sunset, link }
    const headers = deprecation(lifecycle, Date.UTC(2026, 5))
    expect(headers).toEqual({
      deprecation: '@1767225600',
      sunset: 'Tue, 24 Nov 2026 11:30:44 GMT',
      link: '<https://docs.example.com/v0>; rel="deprecation sunset"',
    })
    expect(deprecation(lifecycle, Date.UTC(2026, 6))).toBe(headers)
  })
  it('its Deprecation is a structured date', () => {
    const value: BareItem = parseItem(deprecation({ deprecated }, 0).deprecation as string)[0]
    expect(value).toEqual(new Date('2026-01-01T00:00:00Z'))
  })
  it('names only the relations that hold', () => {
    expect(deprecation({ deprecated, link }, 0)).toEqual({
      deprecation: '@1767225600',
      link: `<${link}>; rel="deprecation"`,
    })
    expect(deprecation({ sunset }, 0)).toEqual({ sunset: 'Tue, 24 Nov 2026 11:30:44 GMT' })
  })
  it.each([
    [sunset.getTime() - 1, false],
    [sunset.getTime(), true],
    [sunset.getTime() + 1, true],
    [Number.NaN, true],
  ])('at %d it is gone: %s', (now, gone) => {
    const act = () => deprecation({ deprecated, sunset }, now)
    if (!gone) {
      expect(act()).toHaveProperty('sunset')
      return
    }
    try {
      act()
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(Refusal)
      expect((error as Refusal).code).toBe('gone')
      expect((error as Refusal).headers).toHaveProperty('sunset')
    }
  })
})
