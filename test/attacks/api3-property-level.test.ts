import { expect, it } from 'vitest'
import { api3 } from './attacks/api3.ts'
import { undeclaredAnswers } from './declared-answers.ts'
import { describeAttacks } from './suite.ts'

describeAttacks('API3 property level', api3, (target) => {
  it('61 no reply holds a member outside the contract, for any caller', async () => {
    const { alice, bob, carol, admin, readKey } = target()
    for (const as of [alice, bob, carol, admin, readKey]) {
      expect((await target().call('GET /api/v1/invoices?limit=100', { as })).status, as.name).toBe(200)
    }
    expect(undeclaredAnswers(target())).toEqual([])
  })
})
