import { endpoint, nothing, role, scope, signedIn, stream } from 'turnpike'
import { describe, expect, it } from 'vitest'

describe('names that go into headers', () => {
  it.each([[''], ['a b'], ['a"b'], ['a\\b'], ['a\r\nb'], ['é'], ['x'.repeat(65)]])('%j is no scope', (name) => {
    expect(() => scope(name)).toThrow(TypeError)
    const { faults } = endpoint('GET /v1/x', {
      summary: 'x',
      access: signedIn,
      clients: name,
      limit: '1/minute',
      reply: nothing,
      handle: () => {},
    })
    expect(faults).toEqual([expect.stringContaining('is no scope')])
  })

  it('a role has a name', () => {
    expect(() => role('')).toThrow('name the role')
  })

  it.each([['text'], ['text/html\r\nx: y'], ['text/html;charset'], ['*/*']])('%j is no media type', (mediaType) => {
    expect(() => stream(mediaType, 'why')).toThrow(TypeError)
  })

  it('a deadline is at most an hour, which timers can hold', () => {
    const { faults } = endpoint('GET /v1/x', {
      summary: 'x',
      access: signedIn,
      limit: { rate: '1/minute', timeout: '30d' },
      reply: nothing,
      handle: () => {},
    })
    expect(faults).toEqual([expect.stringContaining('limit.timeout')])
  })
})
