import { type CompactFault, type CompactForm, parseCompact } from './compact-form.ts'
import type { VerificationKey } from './verification-key.ts'

/** Checks form and signature. What the payload says is for the caller to judge. */
export interface JwsVerifier {
  verify(token: string): Promise<CompactForm | CompactFault>
}

/**
 * Verifies compact JWS with the given keys. The algorithm is the key's; the token's header may only agree with it (RFC 8725 section 3.1).
 * A token that names a key is verified with that key or not at all; one that names none only where there is a single key.
 * @throws {RangeError} When two keys have one name, two have none, or secret and public keys are mixed.
 */
export async function jwsVerifier(keys: readonly VerificationKey[]): Promise<JwsVerifier> {
  assertDistinct(keys)
  const byKid = new Map(keys.map((key) => [key.kid, key]))
  const only = keys.length === 1 ? keys[0] : undefined
  const { compactVerify } = await import('jose')
  return {
    async verify(token) {
      const form = parseCompact(token)
      if ('fault' in form) return form
      const named = form.kid === null ? only : (byKid.get(form.kid) ?? (only?.kid === null ? only : undefined))
      if (!named) return { fault: form.kid === null ? 'it names no key' : 'it names an unknown key' }
      if (form.alg !== named.alg) return { fault: `its algorithm is not the key's ${named.alg}` }
      try {
        await compactVerify(token, named.key, { algorithms: [named.alg] })
        return form
      } catch {
        return { fault: 'its signature does not hold' }
      }
    },
  }
}

function assertDistinct(keys: readonly VerificationKey[]): void {
  if (keys.length === 0) throw new RangeError('there is no key to verify with')
  if (new Set(keys.map(({ kid }) => kid)).size !== keys.length)
    throw new RangeError('two keys have the same kid, or several have none')
  // A public key must never be usable as a secret, so the two kinds never share a set.
  if (new Set(keys.map(({ key }) => key.type)).size !== 1) throw new RangeError('the keys mix secret and public ones')
}
