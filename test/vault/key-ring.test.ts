import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../src/base/secret.ts'
import { generateKeyRing, KeyRing, parseKeyRing, retire, rotate } from '../../src/vault/index.ts'

const key = () => randomBytes(32).toString('base64url')
const thrown = (work: () => unknown): Error => {
  try {
    work()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

describe('parseKeyRing', () => {
  it('reads a list, newest first', () => {
    const ring = parseKeyRing(`new:${key()}, old:${key()}\nolder:${key()}`)
    expect(ring.kids).toEqual(['new', 'old', 'older'])
    expect([ring.active, ring.previous]).toEqual(['new', 'old'])
  })

  it('reads what export() wrote, with the same keys', () => {
    const ring = rotate(generateKeyRing())
    const again = parseKeyRing(ring.export().reveal())
    expect(again.kids).toEqual(ring.kids)
    for (const kid of ring.kids) expect(again.derive(kid, 'wrap').reveal()).toEqual(ring.derive(kid, 'wrap').reveal())
  })

  it.each([
    ['nothing', '', /missing/],
    ['white space', ' \n', /missing/],
    ['broken JSON', `{"keys":[{"kid":"a","key":"${key()}"}`, /malformed/],
    ['JSON without keys', '{}', /malformed/],
    ['no keys in JSON', '{"keys":[]}', /malformed/],
    ['an unknown field', `{"keys":[{"kid":"a","key":"${key()}","alg":"x"}]}`, /malformed/],
    ['an unknown field of the ring', `{"active":"a","keys":[{"kid":"a","key":"${key()}"}]}`, /malformed/],
    ['a key without a name', key(), /key number 1 has no name/],
    ['an empty name', `:${key()}`, /key number 1 has no name/],
    ['an empty key', 'a:', /key "a" is missing/],
    ['no key', '{"keys":[{"kid":"a"}]}', /key "a" is missing/],
    ['31 bytes', `a:${randomBytes(31).toString('base64url')}`, /has 248 bits, not 256/],
    ['33 bytes', `a:${randomBytes(33).toString('base64url')}`, /has 264 bits, not 256/],
    ['padding', `a:${key()}=`, /not in base64url/],
    ['plain base64', `a:${Buffer.alloc(32, 0xfb).toString('base64')}`, /not in base64url/],
    ['a word', 'a:changeme', /placeholder/],
    ['a placeholder', `a:change-me-please-${'x'.repeat(25)}A`, /placeholder/],
    ['zeros', `a:${Buffer.alloc(32).toString('base64url')}`, /repeats too few bytes/],
    [
      'a repeated half',
      `a:${Buffer.from(`${'00ff'.repeat(16)}`, 'hex').toString('base64url')}`,
      /repeats too few bytes/,
    ],
    [
      'a counter',
      `a:${Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString('base64url')}`,
      /regular steps/,
    ],
    ['a pass phrase', `a:${Buffer.from('correct horse battery staple 123').toString('base64url')}`, /text, not random/],
  ])('refuses %s', (_, text, message) => {
    const error = thrown(() => parseKeyRing(text))
    expect(error).toBeInstanceOf(RangeError)
    expect(error.message).toMatch(message)
  })

  it('names every fault at once and shows no key', () => {
    const good = key()
    const short = randomBytes(16).toString('base64url')
    const error = thrown(() => parseKeyRing(`one:${good} two:${short} two:${good} one:${key()} a.b:${key()}`))
    expect(error.message).toMatch(/"two" has 128 bits/)
    expect(error.message).toMatch(/"two" has the bytes of another key/)
    expect(error.message).toMatch(/"one" is named twice/)
    expect(error.message).toMatch(/number 5 has no name/)
    expect(inspect(error)).not.toContain(good)
    expect(inspect(error)).not.toContain(short)
  })

  it('shows no key of broken JSON either', () => {
    const secret = key()
    expect(inspect(thrown(() => parseKeyRing(`{"keys":[{"kid":"a","key":"${secret}"},]}`)))).not.toContain(
      secret.slice(0, 8),
    )
  })

  it('accepts every generated ring', () => {
    for (let round = 0; round < 500; round++) parseKeyRing(generateKeyRing().export().reveal())
  })
})

describe('KeyRing', () => {
  it('derives one key for each purpose and root', () => {
    const ring = rotate(generateKeyRing())
    const keys = ring.kids.flatMap((kid) =>
      ['wrap', 'blind-index', 'audit-sign'].map((purpose) => ring.derive(kid, purpose)),
    )
    expect(new Set(keys.map((one) => Buffer.from(one.reveal()).toString('hex'))).size).toBe(6)
    for (const one of keys) expect(one.reveal()).toHaveLength(32)
    expect(ring.derive(ring.active, 'wrap').reveal()).toEqual(ring.derive(ring.active, 'wrap').reveal())
  })

  it('refuses unknown keys and unreadable purposes', () => {
    const ring = generateKeyRing()
    expect(() => ring.derive('other', 'wrap')).toThrow(/no key "other"/)
    for (const purpose of ['', 'Wrap', 'a b', '-a', 'a'.repeat(65)]) {
      expect(() => ring.derive(ring.active, purpose)).toThrow(RangeError)
    }
  })

  it('shows its names and never a key', () => {
    const ring = generateKeyRing()
    const exported = JSON.parse(ring.export().reveal()) as { keys: [{ key: string }] }
    const root = exported.keys[0].key
    const raw = Buffer.from(root, 'base64url')
    const shown = [
      JSON.stringify({ ring, all: ring.entries(), text: ring.export(), derived: ring.derive(ring.active, 'wrap') }),
      inspect({ ring, all: ring.entries(), text: ring.export() }, { depth: 9, showHidden: true }),
      `${ring} ${ring.export()}`,
      JSON.stringify({ ...ring }),
      JSON.stringify(structuredClone({ ...ring })),
    ].join('\n')
    expect(shown).toContain(ring.active)
    for (const form of [
      root,
      raw.toString('hex'),
      raw.toString('base64'),
      [...raw].join(','),
      raw.toString('hex').replace(/..(?=.)/g, '$& '),
    ]) {
      expect(shown).not.toContain(form)
    }
  })

  it('rotates to a new active key and keeps the old ones', () => {
    const first = generateKeyRing()
    const second = rotate(first)
    expect(second.active).not.toBe(first.active)
    expect(second.previous).toBe(first.active)
    expect(second.derive(first.active, 'wrap').reveal()).toEqual(first.derive(first.active, 'wrap').reveal())
  })

  it('retires old keys only', () => {
    const ring = rotate(generateKeyRing())
    expect(retire(ring, ring.previous as string).kids).toEqual([ring.active])
    expect(() => retire(ring, ring.active)).toThrow(/is the active key/)
    expect(() => retire(ring, 'other')).toThrow(/no key "other"/)
  })

  it('is never empty, names each key once and takes no weak key', () => {
    const [only] = generateKeyRing().entries()
    expect(() => new KeyRing([])).toThrow(/at least one key/)
    expect(() => new KeyRing([only as never, only as never])).toThrow(/once/)
    expect(() => new KeyRing([{ kid: 'a', root: new Secret<Uint8Array>(new Uint8Array(32)) }])).toThrow(/"a" repeats/)
    expect(() => new KeyRing([{ kid: 'a b', root: new Secret<Uint8Array>(randomBytes(32)) }])).toThrow(/no name/)
  })
})
