import { describe, expect, it } from 'vitest'
import { HELD } from './attack.ts'
import { afterSunset, api9 } from './attacks/api9.ts'
import { FAST, nameOf, startTarget } from './harness.ts'
import { describeAttacks } from './suite.ts'

describeAttacks('API9 inventory', api9)

describe('API9 inventory, on a clock of its own', () => {
  it.each(['fastify', 'node'] as const)(`${afterSunset.number} ${afterSunset.title}, on %s`, async (host) => {
    const target = await startTarget({ ...FAST, host })
    try {
      expect(await afterSunset.run(target), nameOf(target.variant)).toEqual(HELD)
    } finally {
      await target.close()
    }
  })
})
