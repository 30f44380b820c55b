import { describe, expect, it } from 'vitest'
import { HELD } from './attack.ts'
import { api6, parallel, parallelRetries } from './attacks/api6.ts'
import { FAST, MAIN, nameOf, startTarget } from './harness.ts'
import { describeAttacks } from './suite.ts'

describeAttacks('API6 flows', api6)

describe.each([MAIN, FAST].map((variant) => ({ name: nameOf(variant), variant })))(
  'API6 flows without limits: $name',
  ({ variant }) => {
    it('89 fifty payments at once, then fifty retries at once', async () => {
      const target = await startTarget(variant, { checks: { budget: () => {} } })
      try {
        expect(await parallel(50).run(target)).toEqual(HELD)
        expect(await parallelRetries(50).run(target)).toEqual(HELD)
      } finally {
        await target.close()
      }
    })
  },
)
