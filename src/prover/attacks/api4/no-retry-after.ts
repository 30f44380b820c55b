import type { Attack, Case } from '../../attack.ts'
import { fail, pass } from '../../verdict.ts'
import { limitedCases, MOST_TO_MEET, meetLimit } from './met-limit.ts'

export const noRetryAfter: Attack = {
  id: 'no-retry-after',
  number: 69,
  risk: 'API4',
  severity: 'info',
  cwe: 770,
  title: 'A limited caller is not told when to come again',
  references: ['OWASP API4:2023', 'RFC 6585 section 4', 'RFC 9110 section 10.2.3'],
  maxRequests: 2 * MOST_TO_MEET + 5,
  oracle:
    'The answer to a limited request has neither Retry-After nor a header that tells when the budget is whole again.',
  fix: 'Send Retry-After with every 429: well-behaved clients then stop asking, and only the others are left to count.',
  phase: 'exhausting',
  cases: limitedCases,
  async run(it: Case, probe) {
    const { limited } = await meetLimit(probe, it)
    const { headers } = limited
    const retryAfter = headers['retry-after']
    if (retryAfter !== undefined && (Number(retryAfter) >= 0 || !Number.isNaN(Date.parse(retryAfter))))
      return pass(`Retry-After: ${retryAfter}`, limited)
    const reset = ['ratelimit', 'ratelimit-reset', 'x-ratelimit-reset'].find((name) => headers[name] !== undefined)
    return reset === undefined
      ? fail(`${limited.status} says nothing of when to come again`, limited)
      : pass(`${reset} tells when`, limited)
  },
}
