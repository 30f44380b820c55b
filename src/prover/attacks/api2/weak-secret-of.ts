import { timingSafeEqual } from 'node:crypto'
import type { Probe } from '../../probe.ts'
import { hmac, type Jwt } from './jwt.ts'
import { weakSecrets } from './weak-secrets.ts'

/** The secret of a captured HS256, HS384 or HS512 token, if it is one that everybody knows. Sends nothing. */
export function weakSecretOf({ header, claims, signed, signature }: Jwt, probe: Probe): string | Buffer | null {
  const alg = String(header.alg)
  if (!/^HS(256|384|512)$/.test(alg)) return null
  const names = [probe.plan.title, probe.base.hostname, claims.iss, claims.aud, claims.client_id]
  const matches = (secret: string | Buffer) => {
    const made = hmac(alg, signed, secret)
    return made.length === signature.length && timingSafeEqual(made, signature)
  }
  for (const secret of weakSecrets(names.flat().filter((each) => typeof each === 'string'))) {
    if (matches(secret)) return secret
    // Libraries that take secrets as base64 decode what people meant as text.
    const decoded = Buffer.from(secret, 'base64')
    if (decoded.length > 0 && matches(decoded)) return decoded
  }
  return null
}
