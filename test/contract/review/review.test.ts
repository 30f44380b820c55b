import { expect, test } from 'vitest'
import { formatReview, review } from '../../../src/contract/review/review.ts'
import { billing } from '../billing-contract.ts'
import { SOUND } from './cases.ts'
import { evaluate } from './evaluate.ts'

const BROKEN = `api({ title: 'Broken', endpoints: [
  endpoint('GET /a/:invoice', { summary: 'A', params: { invoice: invoices }, access: signedIn, limit: '1/minute', reply: invoices.view, handle }),
  endpoint('GET /b/:invoice', { summary: '', params: { invoice: invoices }, access: signedIn, limit: '1/minute', reply: invoices.view, handle }),
  endpoint('GET /c', { summary: 'C', access: undefined, limit: '1/minute', reply: nothing, handle }),
] })`
const stateOf = (id: string, ...given: Parameters<typeof review>) =>
  review(...given).checklist.find((row) => row.id === id)?.state

test('a contract that uses everything has no error', () => {
  expect(review(billing, SOUND).findings.filter(({ severity }) => severity === 'error')).toEqual([])
})

test('all findings come at once, worst first, the findings of a rule together', () => {
  const { findings, counts } = review(evaluate(BROKEN), { layers: { rowSecurity: false } })
  expect(findings.filter(({ rule }) => rule === 'object-rule-missing').map(({ endpoint }) => endpoint)).toEqual([
    'GET /a/:invoice',
    'GET /b/:invoice',
  ])
  expect(findings.map(({ rule }) => rule)).toContain('access-missing')
  const weights = findings.map(({ severity }) => ['error', 'warning', 'info'].indexOf(severity))
  expect(weights).toEqual([...weights].sort())
  const rules = findings.map(({ rule }) => rule)
  expect(rules.filter((rule, index) => rule !== rules[index - 1]).length).toBe(new Set(rules).size)
  expect(counts).toEqual({ error: 3, warning: 2, info: 3 })
})

test('a contract that says nothing of its surroundings is not judged by them', () => {
  const { checklist } = review(billing)
  expect(checklist.filter(({ state }) => state === 'unknown').map(({ id }) => id)).toEqual([
    'token-verification',
    'https',
    'headers',
    'hashes',
    'secrets',
    'sql',
    'audit',
    'dependencies',
  ])
})

test('the checklist follows the contract and its surroundings', () => {
  expect(stateOf('object-checks', billing)).toBe('held')
  expect(stateOf('object-checks', evaluate(BROKEN))).toBe('missing')
  expect(stateOf('object-checks', evaluate(`one('GET /v1/things', {})`))).toBe('not applicable')
  expect(stateOf('https', billing, SOUND)).toBe('held')
  expect(stateOf('https', billing, { settings: { ...SOUND.settings, plainHttp: true } })).toBe('missing')
  expect(stateOf('dependencies', billing, { dependencies: { ...SOUND.dependencies, audit: 'unavailable' } })).toBe(
    'unknown',
  )
  expect(stateOf('dependencies', billing, { dependencies: { ...SOUND.dependencies, audit: 'vulnerable' } })).toBe(
    'missing',
  )
  expect(stateOf('dependencies', billing, SOUND)).toBe('held')
  expect(
    stateOf('token-verification', billing, {
      identity: { credentials: [], passwords: null, tokenGaps: ['no revocation'], lacks: [] },
    }),
  ).toBe('missing')
})

test('each of the ten risks is a row, missing while an error of that risk stands', () => {
  const rows = review(evaluate(BROKEN)).checklist.filter(({ part }) => part === 'risk')
  expect(rows.map(({ id }) => id)).toEqual([
    'API1',
    'API2',
    'API3',
    'API4',
    'API5',
    'API6',
    'API7',
    'API8',
    'API9',
    'API10',
  ])
  expect(Object.fromEntries(rows.map(({ id, state }) => [id, state]))).toMatchObject({
    API1: 'missing',
    API5: 'missing',
    API4: 'held',
    API6: 'not applicable',
    API7: 'not applicable',
  })
})

test('the text is grouped by rule, and painted only on request', () => {
  const found = review(evaluate(BROKEN))
  const text = formatReview(found)
  expect(text.match(/^object-rule-missing API1, ASVS 8.2.2$/gm)).toHaveLength(1)
  expect(text).toContain('✗ GET /a/:invoice: the client chooses ":invoice"')
  expect(text).toContain(`    write access: owns('invoice')`)
  expect(text.trimEnd().split('\n').at(-1)).toBe('3 errors, 1 warnings, 3 notes')
  expect(formatReview(found, { paint: (kind, part) => `<${kind}>${part}</>` })).toContain(
    '<error>object-rule-missing</>',
  )
})
