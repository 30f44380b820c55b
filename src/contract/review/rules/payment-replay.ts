import type { Rule } from '../finding.ts'

const PATH = /^(pay|payments?|transfers?|purchases?|checkout|refunds?|charges?|withdraw(als?)?)$/i

export const paymentReplay: Rule = {
  id: 'payment-replay',
  risk: 'API6',
  asvs: '2.3.4',
  severity: 'warning',
  title: 'What moves money needs an idempotency key',
  *check(api) {
    for (const endpoint of api.endpoints) {
      const last = endpoint.segments.findLast((segment) => 'literal' in segment)
      if (
        endpoint.method !== 'POST' ||
        endpoint.idempotency === 'required' ||
        last === undefined ||
        !('literal' in last) ||
        !PATH.test(last.literal)
      )
        continue
      yield {
        endpoint,
        message: 'a client that repeats the call after a lost answer pays twice',
        fix: `idempotency: 'required'`,
      }
    }
  },
}
