import type { Attack } from '../../attack.ts'
import { fail, NotTested, pass } from '../../verdict.ts'
import { TARGET_REQUESTS, tokenCases, tokenTarget } from './token-target.ts'

const NAMES = ['access_token', 'token', 'api_key', 'auth_token', 'jwt']

export const tokenInQuery: Attack = {
  id: 'token-in-query',
  number: 46,
  risk: 'API2',
  severity: 'medium',
  cwe: 598,
  title: 'The credential is taken from the address',
  references: ['OWASP API2:2023', 'RFC 9700 section 4.3.2', 'RFC 6750 section 5.3', 'ASVS 5.0 14.2.1'],
  maxRequests: TARGET_REQUESTS + NAMES.length,
  oracle: 'The credential in the query, without the header or cookie that it belongs in, is answered as usual.',
  fix: 'Read credentials from the Authorization header or a cookie alone: addresses end up in logs, histories and referrers.',
  phase: 'normal',
  cases: (plan) => tokenCases(plan),
  async run({ operation, owner }, probe) {
    if (!operation) return pass()
    const identity = probe.identity(owner)
    if (identity.plan.place.in === 'query')
      throw new NotTested('the document itself puts the credential in the query: a matter of review, not of attack')
    const target = await tokenTarget(operation, identity, probe)
    const { control } = target.baseline
    for (const name of NAMES) {
      const sender = { name: 'forged', headers: [], query: [[name, target.token] as const] }
      const answer = await probe.send(control.draft, sender)
      if (target.accepts(answer))
        return fail(`${operation.id} takes the credential from ?${name}=`, control.answer, answer)
    }
    return pass('the credential is not taken from the query', control.answer)
  },
}
