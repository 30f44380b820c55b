import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createVault, generateKeyRing, type KeyRing, normalizeForIndex, retire, rotate } from '../../src/vault/index.ts'
import { MemoryDataKeys } from './memory-data-keys.ts'

const ring = generateKeyRing()
const index = (of: KeyRing) => createVault({ ring: of, dataKeys: new MemoryDataKeys() }).blindIndex

describe('blindIndex', () => {
  it('is 128 bits of base64url, always the same', () => {
    const first = index(ring)('users.email', 'alice@example.com')
    expect(first.current).toMatch(/^[A-Za-z0-9_-]{22}$/)
    expect(first.previous).toBeNull()
    expect(index(ring)('users.email', 'alice@example.com')).toEqual(first)
  })

  it.each([' Alice@Example.COM ', 'ALICE@EXAMPLE.COM', 'ａｌｉｃｅ@example.com', 'alice@example.com\n'])(
    'finds %j as alice@example.com',
    (spelling) => {
      expect(index(ring)('users.email', spelling)).toEqual(index(ring)('users.email', 'alice@example.com'))
    },
  )

  it('finds one text in composed and decomposed form', () => {
    expect(index(ring)('name', 'Zo\u00eb')).toEqual(index(ring)('name', 'ZOE\u0308'))
  })

  it('differs by value, purpose and ring, also where value and purpose meet', () => {
    const indexes = [
      index(ring)('users.email', 'a@x.io'),
      index(ring)('users.email', 'b@x.io'),
      index(ring)('leads.email', 'a@x.io'),
      index(ring)('users.emaila', '@x.io'),
      index(generateKeyRing())('users.email', 'a@x.io'),
    ]
    expect(new Set(indexes.map(({ current }) => current)).size).toBe(5)
  })

  it('keeps the index of the key before, so that rows not yet indexed anew are found', () => {
    const stored = index(ring)('users.email', 'alice@example.com').current
    const rotated = rotate(ring)
    const asked = index(rotated)('users.email', 'alice@example.com')
    expect(asked.previous).toBe(stored)
    expect(asked.current).not.toBe(stored)
    expect(index(retire(rotated, ring.active))('users.email', 'alice@example.com')).toEqual({
      current: asked.current,
      previous: null,
    })
  })

  it('refuses a lone surrogate and a missing purpose', () => {
    expect(() => index(ring)('users.email', 'a\ud800b')).toThrow(TypeError)
    expect(() => index(ring)('', 'a')).toThrow(TypeError)
  })
})

describe('normalizeForIndex', () => {
  it('changes nothing the second time, for every character and for any text', () => {
    const unstable: string[] = []
    for (let point = 0; point <= 0x10ffff; point++) {
      const once = normalizeForIndex(`a${String.fromCodePoint(point)}b`)
      if (normalizeForIndex(once) !== once) unstable.push(point.toString(16))
    }
    expect(unstable).toEqual([])
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        (text) => normalizeForIndex(normalizeForIndex(text)) === normalizeForIndex(text),
      ),
      { numRuns: 2000 },
    )
  })
})
