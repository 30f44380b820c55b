import type { Attack } from '../../attack.ts'
import { fail, pass } from '../../verdict.ts'
import { parseJwt } from './jwt.ts'
import { TARGET_REQUESTS, tokenCases, tokenTarget } from './token-target.ts'
import { type Forgery, firstTaken, tryTokens } from './try-tokens.ts'

const GARBAGE: readonly (readonly [told: string, token: string])[] = [
  ['that is empty', ''],
  ['that is the text "null"', 'null'],
  ['that is the text "undefined"', 'undefined'],
  ['that is "0"', '0'],
  ['of two dots', '..'],
  ['of random characters', 'dHVybnBpa2U.Z2FyYmFnZQ.bm90LWEtdG9rZW4'],
]

export const malformedCredential: Attack = {
  id: 'malformed-credential',
  number: 22,
  risk: 'API2',
  severity: 'critical',
  cwe: 287,
  title: 'A credential that is none is taken',
  references: ['OWASP API2:2023', 'RFC 6750 section 2.1', 'ASVS 5.0 8.3.1'],
  maxRequests: TARGET_REQUESTS + GARBAGE.length + 3,
  oracle: 'An empty, truncated or garbage credential is answered as the real one is.',
  fix: 'Refuse whatever does not parse as exactly one credential of the one scheme; an exception in parsing is a refusal.',
  phase: 'normal',
  cases: (plan) => tokenCases(plan, 2),
  async run({ operation, owner }, probe) {
    if (!operation) return pass()
    const identity = probe.identity(owner)
    const target = await tokenTarget(operation, identity, probe)
    const verdict = await tryTokens(
      probe,
      target,
      GARBAGE.map(([told, token]): Forgery => ({ told, token })),
    )
    if (verdict.outcome === 'fail') return verdict
    const { place } = identity.plan
    if (place.in !== 'header' || place.prefix === '') return verdict
    return schemes()

    /** The header itself: the scheme alone, and the token under a scheme that is not its own. */
    async function schemes() {
      const header = (value: string) => ({ ...probe.nobody, name: 'forged', headers: [[place.name, value] as const] })
      for (const value of [place.prefix.trim(), `${place.prefix}`]) {
        const answer = await probe.send(target.baseline.control.draft, header(value))
        if (target.accepts(answer))
          return fail(
            `${target.operation.id} takes the scheme "${value}" alone`,
            target.baseline.control.answer,
            answer,
          )
      }
      if (parseJwt(target.token) === null) return verdict
      const { taken, answer } = await firstTaken(probe, { ...target, showing: header }, [
        { told: 'under Basic', token: `Basic ${target.token}` },
      ])
      if (taken === null || answer === null) return verdict
      // Whoever holds the token gets in either way: it shows only that the scheme is not looked at.
      return {
        outcome: 'fail' as const,
        why: `${target.operation.id} takes a bearer token under the scheme Basic: the scheme is not looked at`,
        evidence: [target.baseline.control.answer.exchange, answer.exchange],
        severity: 'info' as const,
        cause: 'scheme-ignored',
      }
    }
  },
}
