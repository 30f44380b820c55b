import type { Attack, Case } from '../../attack.ts'
import { differs } from '../../telling.ts'
import { fail, pass } from '../../verdict.ts'
import { limitedCases, MOST_TO_MEET, meetLimit } from './met-limit.ts'

export const limitByHeader: Attack = {
  id: 'limit-by-header',
  number: 67,
  risk: 'API4',
  severity: 'high',
  cwe: 348,
  title: 'A header that names another address resets the limit',
  references: ['OWASP API4:2023', 'RFC 7239 section 8.1', 'ASVS 5.0 15.3.4'],
  maxRequests: 2 * MOST_TO_MEET + 20,
  oracle:
    'A caller who is limited is served again when he writes another address into a header, and still limited without it.',
  fix: 'Take the address from the connection; from X-Forwarded-For only what your own proxy appended, counted from the right.',
  phase: 'exhausting',
  cases: limitedCases,
  async run(it: Case, probe) {
    const { draft, plain, limited, stillOn } = await meetLimit(probe, it)
    for (const [name, value] of addresses(probe.random)) {
      const answer = await probe.send({ ...draft, headers: [...draft.headers, [name, value]] }, probe.nobody, {
        anyStatus: true,
        meetsLimits: true,
      })
      if (differs(answer, plain)) continue
      return fail(`${name}: ${value} is served at once`, limited, await stillOn(), answer)
    }
    return pass('limited whatever address is named', limited)
  },
}

/** Of the ranges for documentation (RFC 5737), another in each. */
function addresses(random: () => number): readonly (readonly [string, string])[] {
  const address = () => `203.0.113.${1 + Math.floor(random() * 254)}`
  return [
    ['X-Forwarded-For', address()],
    ['Forwarded', `for=${address()}`],
    ['X-Real-IP', address()],
    ['True-Client-IP', address()],
    ['X-Client-IP', address()],
    ['CF-Connecting-IP', address()],
    ['X-Forwarded-For', `${address()}, ${address()}`],
  ]
}
