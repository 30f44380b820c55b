import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isJwsAlgorithm, type JwsAlgorithm } from '../../src/identity/jws-algorithm.ts'
import { jwsVerifier } from '../../src/identity/jws-verifier.ts'
import { type Jwk, type VerificationKey, verificationKey } from '../../src/identity/verification-key.ts'

const VECTORS = process.env.VECTORS
const read = (...path: string[]) => JSON.parse(readFileSync(join(VECTORS ?? '', ...path), 'utf8'))

interface Group {
  readonly comment: string
  readonly public?: Jwk & { readonly keys?: readonly Jwk[] }
  readonly private: Jwk & { readonly keys?: readonly Jwk[] }
  readonly tests: readonly {
    readonly tcId: number
    readonly comment: string
    readonly jws?: string
    readonly result: 'valid' | 'invalid'
  }[]
}

/** The algorithm is the key's, as everywhere. A key that is refused verifies nothing. */
function keyOf(jwk: Jwk): VerificationKey {
  if (!isJwsAlgorithm(jwk.alg)) throw new RangeError('the key names no algorithm')
  return verificationKey(jwk, jwk.alg as JwsAlgorithm, 2048)
}

async function accepts(jwks: readonly Jwk[], token: unknown): Promise<boolean> {
  if (typeof token !== 'string') return false
  let verifier: Awaited<ReturnType<typeof jwsVerifier>>
  try {
    verifier = await jwsVerifier(jwks.map(keyOf))
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError)
    return false
  }
  return !('fault' in (await verifier.verify(token)))
}

/** These two are called invalid, and are byte for byte the token of another vector that is valid: no verifier can follow both. */
const CONTRADICTED = new Map([
  [367, 357],
  [370, 357],
])

function overridesOf(file: string): ReadonlyMap<number, string> {
  const entries = Object.entries(read('wycheproof', 'OVERRIDES.json')[file] as Record<string, { turnpike: string }>)
  return new Map(
    entries.flatMap(([ids, { turnpike }]) =>
      ids.split(',').map((id) => [Number(id), turnpike.split(' ')[0] as string] as const),
    ),
  )
}

describe.skipIf(!VECTORS).each(['json_web_signature_test', 'json_web_key_test', 'json_web_crypto_test'])(
  'Wycheproof %s (skipped without VECTORS)',
  (file) => {
    const groups: readonly Group[] = VECTORS ? read('wycheproof', `${file}.json`).testGroups : []
    const overrides = VECTORS && file !== 'json_web_crypto_test' ? overridesOf(file) : new Map<number, string>()

    it('decides every vector as stated', async () => {
      const tokens = new Map(
        groups.flatMap(({ tests }) => tests.map(({ tcId, jws, result }) => [tcId, { jws, result }] as const)),
      )
      const wrong: string[] = []
      let decided = 0
      for (const group of groups) {
        const { keys, ...single } = group.public ?? group.private
        for (const { tcId, comment, jws, result } of group.tests) {
          if (jws === undefined) continue
          const twin = file === 'json_web_signature_test' ? tokens.get(CONTRADICTED.get(tcId) ?? 0) : undefined
          if (twin) expect(jws).toBe(twin.jws)
          const expected = twin?.result ?? overrides.get(tcId) ?? result
          const given = (await accepts(keys ?? [single], jws)) ? 'valid' : 'invalid'
          decided += 1
          if (given !== expected) wrong.push(`${tcId} ${group.comment} ${comment}: expected ${expected}, was ${given}`)
        }
      }
      expect(wrong).toEqual([])
      expect(decided).toBeGreaterThan(20)
    })
  },
)

describe.skipIf(!VECTORS)('RFC 7520 and RFC 8037 examples (skipped without VECTORS)', () => {
  it.each([
    ['4.1 RS256', 'jws/4_1.rsa_v15_signature.json'],
    ['4.2 PS384', 'jws/4_2.rsa-pss_signature.json'],
    ['4.3 ES512', 'jws/4_3.ecdsa_signature.json'],
    ['4.4 HS256', 'jws/4_4.hmac-sha2_integrity_protection.json'],
    ['Ed25519', 'curve25519/jws.json'],
  ])('%s', async (_name, path) => {
    const { input, output } = read('jose-cookbook', path) as {
      input: { key: Jwk; alg: JwsAlgorithm; payload: string }
      output: { compact: string }
    }
    // The alg of the example's own key; some of its keys are shared between algorithms.
    const { alg: _alg, ...jwk } = input.key
    const verifier = await jwsVerifier([verificationKey(jwk, input.alg, 2048)])
    const form = await verifier.verify(output.compact)
    expect('fault' in form ? form.fault : Buffer.from(form.payload).toString()).toBe(input.payload)
    expect(await verifier.verify(output.compact.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A')))).toHaveProperty(
      'fault',
    )
  })

  it('4.5 detached content, RFC 7797 unencoded payloads and JSON serializations are not accepted', async () => {
    const detached = read('jose-cookbook', 'jws/4_5.signature_with_detached_content.json')
    const unencoded = read('jose-cookbook', 'rfc7797/hmac-sha2_b64_false.json')
    for (const { input, output } of [detached, unencoded]) {
      const verifier = await jwsVerifier([verificationKey(input.key, 'HS256', 2048)])
      for (const text of [output.compact, JSON.stringify(output.json), JSON.stringify(output.json_flat)]) {
        if (text !== undefined) expect(await verifier.verify(text)).toHaveProperty('fault')
      }
    }
  })
})
