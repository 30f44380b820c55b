/** What an algorithm demands of its key (RFC 7518 section 3, RFC 8037). */
interface Demand {
  readonly kty: 'oct' | 'RSA' | 'EC' | 'OKP'
  readonly crv?: string
  /** A MAC key is at least as long as its hash (RFC 7518 section 3.2). */
  readonly minBytes?: number
}

export const JWS_ALGORITHMS = {
  EdDSA: { kty: 'OKP', crv: 'Ed25519' },
  ES256: { kty: 'EC', crv: 'P-256' },
  ES384: { kty: 'EC', crv: 'P-384' },
  ES512: { kty: 'EC', crv: 'P-521' },
  RS256: { kty: 'RSA' },
  RS384: { kty: 'RSA' },
  RS512: { kty: 'RSA' },
  PS256: { kty: 'RSA' },
  PS384: { kty: 'RSA' },
  PS512: { kty: 'RSA' },
  HS256: { kty: 'oct', minBytes: 32 },
  HS384: { kty: 'oct', minBytes: 48 },
  HS512: { kty: 'oct', minBytes: 64 },
} as const satisfies Record<string, Demand>

/** `none` is no algorithm, and the names are compared exactly: `hs256` is none either. */
export type JwsAlgorithm = keyof typeof JWS_ALGORITHMS

export function isJwsAlgorithm(name: unknown): name is JwsAlgorithm {
  return typeof name === 'string' && Object.hasOwn(JWS_ALGORITHMS, name)
}

export function demandOf(alg: JwsAlgorithm): Demand {
  return JWS_ALGORITHMS[alg]
}

export function isSymmetric(alg: JwsAlgorithm): boolean {
  return demandOf(alg).kty === 'oct'
}
