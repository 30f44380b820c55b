import { equalBytes } from '../base/secret.ts'
import { fromBase64url } from '../vault/base64url.ts'
import type { KeyRing } from '../vault/key-ring.ts'
import { hmacSha256 } from '../vault/keyed-hash.ts'
import type { CheckpointSigner } from './checkpoint.ts'

const PURPOSE = 'audit-sign'

/** Signs with HMAC-SHA256 under the ring's active key for `audit-sign`; old keys of the ring still verify. */
export function ringSigner(ring: KeyRing): CheckpointSigner {
  const mac = (text: string, kid: string) => hmacSha256(ring.derive(kid, PURPOSE).reveal(), Buffer.from(text, 'utf8'))
  return {
    sign: (text) => ({ kid: ring.active, signature: mac(text, ring.active).toString('base64url') }),
    verify(text, kid, signature) {
      const given = fromBase64url(signature)
      return given !== null && ring.has(kid) && equalBytes(given, mac(text, kid))
    },
    knows: (kid) => ring.has(kid),
  }
}
