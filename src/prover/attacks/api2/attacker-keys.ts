import { generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto'
import type { Probe } from '../../probe.ts'
import type { Jwt } from './jwt.ts'
import { selfSignedCertificate } from './self-signed-certificate.ts'

/** A key pair of ours, in each form in which a token can bring or name it. */
export interface AttackerKey {
  readonly alg: 'RS256' | 'ES256' | 'EdDSA'
  readonly kid: string
  readonly privateKey: KeyObject
  /** Public, with `kid`, `alg` and `use`. */
  readonly jwk: JsonWebKey
  readonly certificate: Buffer
}

/** Two pairs of keys, of the token's own kind first. Made once in a run. */
export async function attackerKeys({ header }: Jwt, probe: Probe): Promise<readonly AttackerKey[]> {
  const alg = String(header.alg)
  const order: readonly AttackerKey['alg'][] = /^(EdDSA|Ed25519)$/.test(alg)
    ? ['EdDSA', 'RS256']
    : alg.startsWith('ES')
      ? ['ES256', 'RS256']
      : ['RS256', 'ES256']
  return Promise.all(order.map((each) => probe.shared(`api2 key ${each}`, async () => newKey(each, probe.nonce()))))
}

function newKey(alg: AttackerKey['alg'], kid: string): AttackerKey {
  const pair =
    alg === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : alg === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('ed25519')
  return {
    alg,
    kid,
    privateKey: pair.privateKey,
    jwk: { ...pair.publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' },
    certificate: selfSignedCertificate(pair),
  }
}
