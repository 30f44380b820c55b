import type { KeyObject } from 'node:crypto'

const SMALL_PRIMES = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113,
  127, 131, 137, 139, 149, 151, 157, 163, 167,
]

/** Why an RSA key does not protect anything; null when nothing speaks against it. */
export function rsaWeakness(key: KeyObject, minBits: number): string | null {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  if (!(modulusLength >= minBits)) return `has ${modulusLength} bits, not ${minBits}`
  if (publicExponent < 65537n || publicExponent % 2n === 0n)
    return `has the public exponent ${publicExponent}; it must be odd and at least 65537`
  return fromBrokenGenerator(modulusOf(key))
    ? 'comes from a generator whose keys can be factored (CVE-2017-15361)'
    : null
}

function modulusOf(key: KeyObject): bigint {
  const { n = '' } = key.export({ format: 'jwk' })
  return BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`)
}

/** Those keys leave a power of 65537 modulo each of these primes; a random one does so once in 10^8 times or less. */
function fromBrokenGenerator(modulus: bigint): boolean {
  return SMALL_PRIMES.every((prime) => {
    const rest = Number(modulus % BigInt(prime))
    for (let power = 1, step = 0; step < prime; step++) {
      if (power === rest) return true
      power = (power * (65537 % prime)) % prime
    }
    return false
  })
}
