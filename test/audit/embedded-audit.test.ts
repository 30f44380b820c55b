import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuditLog } from '../../src/audit/audit-log.ts'
import { verifyAudit } from '../../src/audit/verify.ts'
import { ManualClock } from '../../src/base/clock.ts'
import { type Embedded, embedded } from '../../src/stores/embedded.ts'
import { bodiesOf, event } from './audit-events.ts'

let state: Embedded
beforeAll(async () => {
  state = await embedded(':memory:', { maxWaitMs: 2_000 })
})
afterAll(() => state.close())

const signer = { sign: () => ({ kid: 'k', signature: 's' }), verify: () => true, knows: () => true }
const write = () => state.dataKeys.destroy(`s${Math.random()}`)

function logOf(node: string, flushEvery = 3_600_000) {
  const failures: unknown[] = []
  const onFailure = (error: unknown) => failures.push(error)
  return {
    failures,
    log: createAuditLog({ state, node, clock: new ManualClock(), checkpoints: null, onFailure, flushEvery }),
  }
}

async function expectWhole(): Promise<void> {
  const report = await verifyAudit({ records: state.audit, checkpoints: null, signer })
  expect(report.nodes.flatMap(({ faults }) => faults)).toEqual([])
}

describe('the audit log on the embedded database and its one connection', () => {
  it('starts, appends, and takes several events of one unit', async () => {
    const { log } = logOf('several')
    await log.start()
    await log.append(event())
    await state.transaction(async () => {
      await log.append(event())
      await Promise.all([log.append(event()), log.append(event())])
    })
    expect(await bodiesOf(state.audit, 'several')).toHaveLength(4)
    await expectWhole()
  })

  it('stores exactly what was committed of a hundred units at once, with a group commit among them', async () => {
    const { log, failures } = logOf('hundred', 1)
    const units = Array.from({ length: 100 }, (_, n) =>
      state.transaction(async () => {
        if (n % 2 === 0) await write()
        log.note(event({ requestId: `note-${n}` }))
        await log.append(event({ requestId: `${n}` }))
        if (n % 3 === 0) throw new Error('rolled back')
      }),
    )
    await Promise.allSettled(units)
    await log.close()
    const ids = (await bodiesOf(state.audit, 'hundred')).map(({ requestId }) => String(requestId))
    const expected = units.flatMap((_, n) => (n % 3 === 0 ? [`note-${n}`] : [`note-${n}`, `${n}`]))
    expect(ids.sort()).toEqual(expected.sort())
    expect(failures).toEqual([])
    await expectWhole()
  })

  it('does not deadlock between a group commit and a unit that has the database and then appends', async () => {
    const { log, failures } = logOf('deadlock')
    await state.transaction(async () => {
      await write()
      for (let n = 0; n < 100; n += 1) log.note(event())
      await write()
      await log.append(event({ requestId: 'unit' }))
    })
    await log.flush()
    expect((await bodiesOf(state.audit, 'deadlock'))[0]?.requestId).toBe('unit')
    expect(failures).toEqual([])
    await expectWhole()
  })
})
