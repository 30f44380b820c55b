import { createSecretKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decrypt } from '../../src/vault/aead.ts'
import { hkdfSha256, hmacSha256 } from '../../src/vault/keyed-hash.ts'

interface Vector {
  readonly tcId: number
  readonly comment: string
  readonly result: 'valid' | 'invalid' | 'acceptable'
  readonly [field: string]: string | number | readonly string[]
}
interface Group {
  readonly ivSize: number
  readonly keySize: number
  readonly tagSize: number
  readonly tests: readonly Vector[]
}

const vectors = process.env.VECTORS
const groups = (name: string): readonly Group[] =>
  JSON.parse(readFileSync(join(vectors as string, 'wycheproof', `${name}_test.json`), 'utf8')).testGroups
const hex = (vector: Vector, field: string): Buffer => Buffer.from(vector[field] as string, 'hex')

describe.skipIf(!vectors)('Wycheproof vectors for the vault (skipped without VECTORS)', () => {
  it('AES-256-GCM with a 96-bit nonce and a 128-bit tag', () => {
    const ours = groups('aes_gcm').filter(
      (group) => group.ivSize === 96 && group.keySize === 256 && group.tagSize === 128,
    )
    const seen = { valid: 0, invalid: 0, acceptable: 0 }
    for (const vector of ours.flatMap((group) => group.tests)) {
      const sealed = Buffer.concat([hex(vector, 'iv'), hex(vector, 'ct'), hex(vector, 'tag')])
      const opened = decrypt(createSecretKey(hex(vector, 'key')), sealed, hex(vector, 'aad'))
      const expected = vector.result === 'valid' ? vector.msg : undefined
      expect(opened?.toString('hex'), `tcId ${vector.tcId} ${vector.comment}`).toBe(expected)
      seen[vector.result] += 1
    }
    expect(seen.valid).toBeGreaterThan(30)
    expect(seen.invalid).toBeGreaterThan(20)
  })

  it('AES-GCM with other nonce lengths never opens', () => {
    const others = groups('aes_gcm').filter((group) => group.ivSize !== 96 && group.keySize === 256)
    const tests = others.flatMap((group) => group.tests)
    for (const vector of tests) {
      const sealed = Buffer.concat([hex(vector, 'iv'), hex(vector, 'ct'), hex(vector, 'tag')])
      expect(decrypt(createSecretKey(hex(vector, 'key')), sealed, hex(vector, 'aad')), `tcId ${vector.tcId}`).toBeNull()
    }
    expect(tests.length).toBeGreaterThan(10)
  })

  it('HKDF-SHA256', () => {
    const tests = groups('hkdf_sha256').flatMap((group) => group.tests)
    for (const vector of tests) {
      const derive = () =>
        hkdfSha256(hex(vector, 'ikm'), hex(vector, 'salt'), hex(vector, 'info'), vector.size as number).toString('hex')
      if (vector.result === 'invalid') expect(derive, `tcId ${vector.tcId} ${vector.comment}`).toThrow(RangeError)
      else expect(derive(), `tcId ${vector.tcId} ${vector.comment}`).toBe(vector.okm)
    }
    expect(tests.length).toBeGreaterThan(80)
  })

  it('HMAC-SHA256, whole and cut to 128 bits', () => {
    const seen = { 128: 0, 256: 0 } as Record<number, number>
    for (const group of groups('hmac_sha256')) {
      for (const vector of group.tests) {
        const tag = hmacSha256(hex(vector, 'key'), hex(vector, 'msg'))
          .subarray(0, group.tagSize / 8)
          .toString('hex')
        expect(tag === vector.tag, `tcId ${vector.tcId} ${vector.comment}`).toBe(vector.result === 'valid')
        seen[group.tagSize] = (seen[group.tagSize] ?? 0) + 1
      }
    }
    expect(seen[128]).toBeGreaterThan(50)
    expect(seen[256]).toBeGreaterThan(50)
  })
})
