import { expect, it } from 'vitest'
import { carried } from '../../src/prover/identities.ts'
import { identityOfToken } from '../../src/prover/plan/identity-of-token.ts'
import { BEARER } from '../../src/prover/plan/plan.ts'

it('shows a token in its place, with what an identity sends beside it', () => {
  const bearer = { ...identityOfToken('alice', 't', BEARER), headers: { 'X-CSRF-Token': 'c' } }
  expect(carried(bearer, 'other')).toEqual({
    headers: [
      ['Authorization', 'Bearer other'],
      ['X-CSRF-Token', 'c'],
    ],
    query: [],
  })
})

it('keeps one Cookie header', () => {
  const place = { in: 'cookie', name: 'sid', prefix: '' } as const
  const browser = { ...identityOfToken('alice', 't', place), headers: { Cookie: 'theme=dark', 'X-Tenant': 'acme' } }
  expect(carried(browser, 't')).toEqual({
    headers: [
      ['Cookie', 'sid=t; theme=dark'],
      ['X-Tenant', 'acme'],
    ],
    query: [],
  })
})
