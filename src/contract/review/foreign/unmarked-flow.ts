import type { ReadOperation } from '../../from-openapi/document.ts'
import type { ForeignRule } from './foreign-rule.ts'
import { segmentsOf, verbsOf } from './words-of.ts'

/** What harms when it happens twice, or a thousand times: money, stock, votes, mail to others. */
const VERBS = new Set(
  'pay charge transfer checkout purchase buy refund redeem withdraw deposit vote book reserve invite claim bid donate'.split(
    ' ',
  ),
)
const NOUNS = new Set(
  'payments? charges transfers? checkouts? purchases orders? refunds redemptions? withdrawals? deposits payouts? votes bookings? reservations? invites invitations? claims bids donations?'
    .split(' ')
    .flatMap((word) => (word.endsWith('?') ? [word.slice(0, -1), word.slice(0, -2)] : [word])),
)

export const unmarkedFlow: ForeignRule = {
  id: 'unmarked-flow',
  risk: 'API6',
  asvs: '2.3.2',
  severity: 'warning',
  title: 'What moves money, stock or votes says what happens when it is repeated',
  *check({ operations }) {
    for (const operation of operations) {
      if (operation.method !== 'POST' || isMarked(operation)) continue
      const last = segmentsOf(operation).at(-1) ?? []
      // `payment-methods` moves nothing; `payments` does.
      const [noun] = last.length === 1 ? last.filter((each) => NOUNS.has(each)) : []
      const word = verbsOf(operation).find((each) => VERBS.has(each)) ?? noun
      if (word !== undefined)
        yield {
          operation,
          message: `"${word}" sounds like a sensitive flow: no Idempotency-Key, no quota, and nothing says once`,
          fix: 'parameters: [{ name: Idempotency-Key, in: header, required: true, schema: { type: string, maxLength: 128 } }], or x-turnpike: { flow: { once: true, perPrincipal: 3/day } }',
        }
    }
  },
}

const isMarked = ({ extension, parameters }: ReadOperation): boolean =>
  (extension !== null && (extension.flow !== null || extension.idempotency !== 'none')) ||
  parameters.some(({ in: place, name }) => place === 'header' && /idempoten/i.test(name))
