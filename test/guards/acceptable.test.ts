import { describe, expect, it } from 'vitest'
import { acceptable } from '../../src/guards/acceptable.ts'

describe('what a client takes (RFC 9110 section 12.5.1)', () => {
  it.each([
    [undefined],
    [''],
    [' '],
    ['*/*'],
    ['application/json'],
    ['Application/JSON; charset=utf-8'],
    ['application/*;q=0.5'],
    ['text/html, application/xhtml+xml, */*;q=0.8'],
    ['text/html;q=1, application/json;q=0.001'],
    ['*/*;q=0, application/json'],
  ])('%s is answered with JSON', (accept) => {
    expect(() => acceptable(accept, 'application/json')).not.toThrow()
  })

  it.each([['text/html'], ['application/xml, text/*'], ['application/json;q=0'], ['*/*, application/json; q=0.000']])(
    '%s is refused with 406',
    (accept) => {
      expect(() => acceptable(accept, 'application/json')).toThrow(
        expect.objectContaining({ code: 'not_acceptable', status: 406 }),
      )
    },
  )

  it('does not matter where there is no body', () => {
    expect(() => acceptable('text/html', null)).not.toThrow()
  })
})
