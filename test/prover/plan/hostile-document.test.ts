import { describe, expect, it } from 'vitest'
import { readDocument } from '../../../src/contract/from-openapi/read-document.ts'
import { ATTACKS } from '../../../src/prover/attacks/attacks.ts'
import { buildDraft } from '../../../src/prover/plan/build-draft.ts'
import { describePlan, formatPlan } from '../../../src/prover/plan/describe-plan.ts'
import { fits } from '../../../src/prover/plan/fits.ts'
import { NO_HINTS } from '../../../src/prover/plan/plan-config.ts'
import { planOf } from '../../../src/prover/plan/plan-of.ts'
import { PEOPLE } from '../fixtures/run-attack.ts'

const A0 = { $ref: '#/components/schemas/A0' }
const LAST = { type: 'object', properties: { text: { type: 'string' } } }

/** Thirty schemas, each made of the next one twice: a billion parts where all are followed. */
const tower = (join: (next: object) => object): object =>
  Object.fromEntries(
    Array.from({ length: 30 }, (_, index) => [
      `A${index}`,
      index === 29 ? LAST : join({ $ref: `#/components/schemas/A${index + 1}` }),
    ]),
  )

const TOWERS: Readonly<Record<string, object>> = {
  'of itself': { A0 },
  'of itself in parts': { A0: { allOf: [A0, A0], oneOf: [A0], not: A0 } },
  'of two fields': tower((next) => ({ type: 'object', required: ['l', 'r'], properties: { l: next, r: next } })),
  'of allOf': tower((next) => ({ allOf: [next, next] })),
  'of oneOf': tower((next) => ({ oneOf: [next, next] })),
  'of anyOf': tower((next) => ({ anyOf: [next, next] })),
  'of lists': tower((next) => ({
    type: 'array',
    minItems: 1000,
    items: { type: 'array', minItems: 1000, items: next },
  })),
}

const documentWith = (schemas: object) => {
  const content = { 'application/json': { schema: A0 } }
  const operation = { requestBody: { required: true, content }, responses: { 200: { description: 'ok', content } } }
  return {
    openapi: '3.1.0',
    info: { title: 'Towers', version: '1' },
    paths: { '/things': { get: operation, post: operation }, '/things/{id}': { get: operation, patch: operation } },
    components: { schemas },
  }
}

describe('a document whose schemas are made', () => {
  it.each(Object.keys(TOWERS))('%s is planned, described and filled all the same', (name) => {
    const plan = planOf(readDocument(documentWith(TOWERS[name] as object)), { ...NO_HINTS, identities: PEOPLE })
    expect(formatPlan(describePlan(plan, ATTACKS))).toContain('4 operations')
    for (const operation of plan.operations) {
      const fill = { identity: 'alice', ids: {}, subject: null, tenant: null, random: () => 0.5 }
      expect((JSON.stringify(buildDraft(operation, fill).body) ?? '').length).toBeLessThan(5_000_000)
    }
  })
})

it('what cannot be told within bounds counts as fitting', () => {
  let schema: Record<string, unknown> = { type: 'string' }
  for (let level = 0; level < 30; level++) schema = { oneOf: [schema, schema] }
  expect(fits(schema, 'text')).toBe(true)
})
