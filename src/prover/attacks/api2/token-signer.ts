import type { Probe } from '../../probe.ts'
import type { Signer } from '../../signer.ts'
import { Inconclusive, NotTested } from '../../verdict.ts'
import { compact, hmacToken, signingInput } from './jwt.ts'
import type { JwtTarget } from './token-target.ts'
import { ignoresSignature } from './try-tokens.ts'
import { weakSecretOf } from './weak-secret-of.ts'

/** Requests of `tokenSigner`. */
export const SIGNER_REQUESTS = 2

/**
 * A way to sign claims of ours so that only the claims can be the reason of a refusal: lent by whoever runs the API in memory, a secret that
 * everybody knows, or none needed where no signature is looked at.
 * @throws {NotTested} Where there is none: then the signature check covers it. @throws {Inconclusive} Where unchanged claims, signed anew, are refused.
 */
export async function tokenSigner(target: JwtTarget, probe: Probe): Promise<Signer> {
  const sign = await signerOf(target, probe)
  if (sign === null)
    throw new NotTested(
      'the claims cannot be changed without the key, and forged signatures are tried elsewhere; attack the api module to have it sign',
    )
  const control = await probe.send(target.baseline.control.draft, target.showing(await sign(target.jwt.claims)))
  if (!target.accepts(control))
    throw new Inconclusive(
      'the real claims, signed anew, are refused too, so a refusal says nothing of a claim',
      control,
    )
  return sign
}

/** Null where there is no way to sign. */
export async function signerOf(target: JwtTarget, probe: Probe): Promise<Signer | null> {
  const { jwt } = target
  if (probe.run.signer !== null) {
    const lent = probe.run.signer
    return (claims, header = {}) => lent(claims, { ...jwt.header, ...header })
  }
  const known = weakSecretOf(jwt, probe)
  const alg = String(jwt.header.alg)
  if (known !== null) return async (claims, header = {}) => hmacToken({ ...jwt.header, ...header, alg }, claims, known)
  if (!(await ignoresSignature(probe, target))) return null
  return async (claims, header = {}) => compact(signingInput({ ...jwt.header, ...header }, claims), jwt.signature)
}
