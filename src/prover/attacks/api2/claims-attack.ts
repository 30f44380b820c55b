import type { Attack } from '../../attack.ts'
import type { Probe } from '../../probe.ts'
import type { Signer } from '../../signer.ts'
import { pass } from '../../verdict.ts'
import { SIGNER_REQUESTS, tokenSigner } from './token-signer.ts'
import { type JwtTarget, jwtTarget, TARGET_REQUESTS, tokenCases } from './token-target.ts'
import { type Forgery, tryTokens } from './try-tokens.ts'

/** What an attack on the claims of a well signed token says of itself. */
export interface ClaimsAttack
  extends Pick<Attack, 'id' | 'number' | 'severity' | 'cwe' | 'title' | 'references' | 'oracle' | 'fix'> {
  /** How many tokens it shows at most. */
  readonly tokens: number
  /** @throws {NotTested} Where the real token has nothing of the kind. */
  forge(target: JwtTarget, sign: Signer, probe: Probe): Promise<readonly Forgery[]>
}

/** Tokens of wrong claims under a good signature. Where nothing can be signed it is not tested. */
export function claimsAttack({ tokens, forge, ...told }: ClaimsAttack): Attack {
  return {
    ...told,
    risk: 'API2',
    maxRequests: TARGET_REQUESTS + SIGNER_REQUESTS + tokens,
    phase: 'normal',
    cases: (plan) => tokenCases(plan),
    async run({ operation, owner }, probe) {
      if (!operation) return pass()
      const target = await jwtTarget(operation, owner, probe)
      const sign = await tokenSigner(target, probe)
      return tryTokens(probe, target, await forge(target, sign, probe))
    },
  }
}

/** The claims without one of them. */
export function without(claims: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> {
  const { [name]: _, ...others } = claims
  return others
}
