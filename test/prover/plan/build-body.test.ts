import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readDocument } from '../../../src/contract/from-openapi/read-document.ts'
import { buildDraft } from '../../../src/prover/plan/build-draft.ts'
import { NO_HINTS } from '../../../src/prover/plan/plan-config.ts'
import { planOf } from '../../../src/prover/plan/plan-of.ts'

const EXAMPLE = { startsAt: '2090-05-06T09:15:00Z', endsAt: '2090-05-06T09:45:00Z', bornAt: '1990-05-06T09:15:00Z' }
const time = { type: 'string', format: 'date-time' }
const plan = planOf(
  readDocument({
    openapi: '3.1.0',
    info: { title: 'Bookings', version: '1' },
    paths: {
      '/bookings': {
        post: {
          requestBody: {
            content: {
              'application/json': {
                example: EXAMPLE,
                schema: { type: 'object', properties: { startsAt: time, endsAt: time, bornAt: time } },
              },
            },
          },
          responses: { '201': { description: 'Made.' } },
        },
      },
    },
  }),
  { ...NO_HINTS, identities: [] },
)
const [operation] = plan.operations
const bodyWith = (random: () => number) => {
  if (operation === undefined) throw new Error('the document has one operation')
  const draft = buildDraft(operation, { identity: 'alice', ids: {}, subject: null, tenant: null, random })
  return draft.body as typeof EXAMPLE
}
const minutes = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 60_000

describe('times of a body', () => {
  it('that lie ahead are moved alike, to quarters of an hour of the same weekday, and past ones stay', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), (seed) => {
        const body = bodyWith(() => seed)
        expect(minutes(body.startsAt, body.endsAt)).toBe(30)
        expect(minutes(EXAMPLE.startsAt, body.startsAt) % 15).toBe(0)
        expect(new Date(body.startsAt).getUTCDay()).toBe(new Date(EXAMPLE.startsAt).getUTCDay())
        expect(body.startsAt >= EXAMPLE.startsAt).toBe(true)
        expect(body.bornAt).toBe(EXAMPLE.bornAt)
      }),
    )
  })

  it('do not collide from one request to the next', () => {
    expect(bodyWith(() => 0.2).startsAt).not.toBe(bodyWith(() => 0.7).startsAt)
  })
})
