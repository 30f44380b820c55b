import type { Attack } from '../../attack.ts'
import type { Probe } from '../../probe.ts'
import { pass } from '../../verdict.ts'
import { type JwtTarget, jwtTarget, TARGET_REQUESTS, tokenCases } from './token-target.ts'
import { CAUSE_REQUESTS, type Forgery, tryForgeries } from './try-tokens.ts'

/** What an attack that forges a JWT out of a captured one says of itself. */
export interface ForgeryAttack
  extends Pick<Attack, 'id' | 'number' | 'severity' | 'cwe' | 'title' | 'references' | 'oracle' | 'fix'> {
  /** How many tokens it shows at most, with what else it sends. */
  readonly tokens: number
  /** On how many operations. Default 1: verification is usually one for the whole API. */
  readonly operations?: number
  /** @throws {NotTested} Where such a token cannot be made. */
  forge(target: JwtTarget, probe: Probe): readonly Forgery[] | Promise<readonly Forgery[]>
}

/** Forged tokens reuse the claims of the captured one (rule k), and are shown where that one is taken and garbage is not. */
export function forgeryAttack({ tokens, operations = 1, forge, ...told }: ForgeryAttack): Attack {
  return {
    ...told,
    risk: 'API2',
    maxRequests: TARGET_REQUESTS + tokens + CAUSE_REQUESTS,
    phase: 'normal',
    cases: (plan) => tokenCases(plan, operations),
    async run({ operation, owner }, probe) {
      if (!operation) return pass()
      const target = await jwtTarget(operation, owner, probe, operations === 1 ? undefined : 1)
      return tryForgeries(probe, target, await forge(target, probe))
    },
  }
}
